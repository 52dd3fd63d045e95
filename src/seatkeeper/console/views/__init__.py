"""What pages show, made ready: one module for each page or noun, all pure.

After the walk. Facts and the present moment go in, frozen values go out; the
templates only place them. Import from the module that owns the name.
"""
