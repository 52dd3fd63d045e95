"""The reference service's synchronizationSchema JSON, in both directions, without loss.

Before the walk. The document stays a plain tree with every field it came with;
``model`` shows the parts that Seatkeeper understands, ``importing`` makes
settings of them, ``exporting`` writes changed settings back into the tree.
What differs from nothing is never rewritten.
"""
