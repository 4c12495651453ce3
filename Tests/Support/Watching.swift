// Tests wait for values and fail with texts; so do the simulators, which are no tests.
@_exported public import Watching
