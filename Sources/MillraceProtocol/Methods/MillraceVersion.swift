/// The release all executables of the suite belong to.
public enum MillraceVersion {
    public static let current = "0.1.0"
}
