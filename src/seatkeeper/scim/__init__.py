"""SCIM 2.0, the protocol alone: paths, filters, PATCH, schemas, messages. Pure."""
