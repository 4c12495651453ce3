import Glibc

/// The executables under test.
public enum Binary {
    /// The folder of the products: that of the running test bundle, or `MILLRACE_BINARIES`.
    public static let folder: String = {
        if let folder = environment("MILLRACE_BINARIES") { return folder }
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        let executable = String(decoding: buffer[..<max(count, 0)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        // The bundle runs by itself under Linux: FOLDER/millracePackageTests.xctest.
        return String(executable[..<(executable.lastIndex(of: "/") ?? executable.startIndex)])
    }()

    /// The path of a product, `"millrace-runner"`.
    public static func path(_ name: String) -> String { folder + "/" + name }

    /// Whether every one of them is built; tests that need them skip by name where not.
    public static func exist(_ names: String...) -> Bool {
        names.allSatisfy { access(path($0), X_OK) == 0 }
    }
}
