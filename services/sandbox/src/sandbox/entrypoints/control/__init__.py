"""The control API of the stand-in softwares: fill them, change them, order faults, ask for the verdict.

It is for tests, demos and the stand-in platform; it asks for no credentials, as the sandbox is in no production image.
"""
