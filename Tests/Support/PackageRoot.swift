import Glibc

/// The folder that holds `Package.swift`, as an absolute path.
public let packageRoot: String = {
    var parts = #filePath.split(separator: "/")
    parts.removeLast(3)  // Tests/Support/PackageRoot.swift
    return "/" + parts.joined(separator: "/")
}()

/// The path of a file or folder of the shared data (`"json/test_parsing"`), or nil where it is not there.
///
/// The data lies beside the package, in `../shared/data`; `MILLRACE_SHARED_DATA` names another data folder.
/// Tests that need it skip by name: `@Test(.enabled(if: sharedData("json") != nil, "shared data not there"))`.
public func sharedData(_ name: String) -> String? {
    let folder = environment("MILLRACE_SHARED_DATA") ?? packageRoot + "/../shared/data"
    let path = folder + "/" + name
    return access(path, F_OK) == 0 ? path : nil
}

/// A variable of the process's environment; nil where it is unset or empty.
public func environment(_ name: String) -> String? {
    guard let value = getenv(name), value.pointee != 0 else { return nil }
    return String(cString: value)
}
