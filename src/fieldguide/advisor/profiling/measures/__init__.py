"""One file a measure: each holds a `MEASURE`, and the profile finds it by walking this folder.

A measure says which tasks and forms of input it applies to, looks at the material and returns a
`Finding`. Adding one is a new file here, or an entry point of the group ``fieldguide.measures`` in
a package of its own; nothing is edited.
"""
