"""Documents in the shape in which other services publish theirs, written by hand."""

import copy
import json

from seatkeeper.configuration.settings import MappingChange, default_settings, effective_mappings
from seatkeeper.configuration.sync_schema.exporting import export_schema
from seatkeeper.configuration.sync_schema.importing import import_schema
from seatkeeper.configuration.sync_schema.text import parse_schema
from seatkeeper.configuration.sync_schema.walk import Walk
from seatkeeper.gallery.schema import DefaultMapping, gallery_app

APP = gallery_app("generic-scim")
START = default_settings(APP)
KITEWIRE = """
{
  "@odata.context": "https://directory.example/metadata#schema",
  "id": "Kitewire.ab12.schema",
  "version": "Date:2032-05-06T07:08:09.1234567Z, Tenant:1",
  "provisioningTaskIdentifier": "kite",
  "synchronizationRules": [
    {
      "editable": true, "id": "6a1b", "name": "DIR_TO_KITEWIRE", "priority": 1,
      "sourceDirectoryName": "Larkspur Directory", "targetDirectoryName": "Kitewire",
      "groupFilter": null, "containerFilter": null, "metadata": [],
      "objectMappings": [
        {
          "enabled": true, "flowTypes": "Add, Update", "name": "Synchronize people",
          "sourceObjectName": "User", "targetObjectName": "urn:kitewire:User",
          "metadata": [{"key": "Disposition", "value": "\\"Normal\\""}],
          "scope": {
            "categoryFilterGroups": [], "inputFilterGroups": [],
            "groups": [
              {"name": "Flyers", "clauses": [
                {"operatorName": "EQUALS", "sourceOperandName": "department",
                 "targetOperand": {"values": ["Kites"]}},
                {"operatorName": "IS TRUE", "sourceOperandName": "accountEnabled",
                 "targetOperand": {"values": []}}
              ]}
            ]
          },
          "attributeMappings": [
            {"defaultValue": null, "exportMissingReferences": false,
             "flowBehavior": "FlowWhenChanged", "flowType": "Always", "matchingPriority": 1,
             "targetAttributeName": "userName",
             "source": {"expression": "[userPrincipalName]", "name": "userPrincipalName",
                        "parameters": [], "type": "Attribute"}},
            {"defaultValue": "True", "flowType": "Always", "matchingPriority": 0,
             "targetAttributeName": "active",
             "source": {
               "expression":
                 "Switch([IsSoftDeleted], , \\"False\\", \\"True\\", \\"True\\", \\"False\\")",
               "name": "Switch", "type": "Function",
               "parameters": [
                 {"key": "source", "value": {"expression": "[IsSoftDeleted]",
                  "name": "IsSoftDeleted", "parameters": [], "type": "Attribute"}},
                 {"key": "key1", "value": {"expression": "\\"False\\"", "name": "False",
                  "parameters": [], "type": "Constant"}},
                 {"key": "value1", "value": {"expression": "\\"True\\"", "name": "True",
                  "parameters": [], "type": "Constant"}},
                 {"key": "key2", "value": {"expression": "\\"True\\"", "name": "True",
                  "parameters": [], "type": "Constant"}},
                 {"key": "value2", "value": {"expression": "\\"False\\"", "name": "False",
                  "parameters": [], "type": "Constant"}}
               ]}},
            {"defaultValue": "nb-NO", "flowType": "ObjectAddOnly", "matchingPriority": 0,
             "targetAttributeName": "locale", "source": null},
            {"defaultValue": null, "flowType": "Always", "matchingPriority": 0,
             "targetAttributeName": "emails[type eq \\"work\\"].value",
             "source": {"expression": "[mail]", "name": "mail", "parameters": [],
                        "type": "Attribute"}}
          ]
        }
      ]
    }
  ],
  "directories": [
    {
      "id": "s", "name": "Larkspur Directory", "version": "", "discoverabilities": "None",
      "discoveryDateTime": null,
      "objects": [
        {"name": "User", "supportedApis": [], "attributes": [
          {"name": "objectId", "type": "string", "anchor": true},
          {"name": "userPrincipalName", "type": "string", "anchor": false, "apiExpressions": []},
          {"name": "department", "type": "string"},
          {"name": "accountEnabled", "type": "boolean"},
          {"name": "IsSoftDeleted", "type": "boolean"},
          {"name": "mail", "type": "string", "mutability": "readWrite"}
        ]}
      ]
    },
    {
      "id": "t", "name": "Kitewire", "discoverabilities": "AttributeNames,AttributeDataTypes",
      "objects": [
        {"name": "urn:kitewire:User", "metadata": [{"key": "Extensions", "value": "\\"\\""}],
         "attributes": [
          {"name": "id", "type": "String", "anchor": true, "caseExact": true},
          {"name": "userName", "type": "String", "required": true},
          {"name": "active", "type": "Boolean"},
          {"name": "locale", "type": "String"},
          {"name": "emails[type eq \\"work\\"].value", "type": "String",
           "apiExpressions": [{"key": "GET", "value": "x"}]}
        ]}
      ]
    }
  ]
}
"""
PLAIN = json.loads(KITEWIRE)


def test_a_document_of_another_service_becomes_mappings_filter_and_actions() -> None:
    walk = Walk()

    found = import_schema(walk, APP, START, copy.deepcopy(PLAIN)).settings

    assert (walk.faults, walk.notes) == ([], [])
    users, groups = effective_mappings(APP, found)
    assert {one.target: one for one in users} == {
        "userName": DefaultMapping(
            "userName", attribute="userPrincipalName", matching=1, when_null="skip"
        ),
        "active": DefaultMapping(
            "active",
            expression='Switch([IsSoftDeleted], , "False", "True", "True", "False")',
            default="True",
            when_null="skip",
        ),
        "locale": DefaultMapping("locale", default="nb-NO", applies="on_create"),
        'emails[type eq "work"].value': DefaultMapping(
            'emails[type eq "work"].value', attribute="mail", when_null="skip"
        ),
    }
    assert groups is None
    assert found.user_actions == ("create", "update")
    assert found.user_filter == {
        "any": [
            {
                "name": "Flyers",
                "all": [
                    {"attribute": "department", "operator": "EQUALS", "values": ["Kites"]},
                    {"attribute": "accountEnabled", "operator": "IS TRUE"},
                ],
            }
        ]
    }
    assert MappingChange("title", remove=True) in found.users


def test_it_is_exported_to_the_letter_and_an_edit_shows_alone() -> None:
    plain = parse_schema(Walk(), KITEWIRE.encode())
    assert plain is not None
    found = import_schema(Walk(), APP, START, plain).settings

    assert json.dumps(export_schema(APP, "kites", found, plain)) == json.dumps(PLAIN)
