import Glibc

/// The system's Python, for tests that look at the suite from outside.
public enum Python {
    public static let interpreter = "/usr/bin/python3"

    /// Whether the validator is there that knows nothing of ours.
    public static let hasJSONSchema =
        access(interpreter, X_OK) == 0 && access("/usr/lib/python3/dist-packages/jsonschema", R_OK) == 0
}
