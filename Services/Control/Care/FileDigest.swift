import Crypto
import Linux

/// Tells whether a file is the one that it was.
enum FileDigest {
    /// The SHA-256 of all of it, in hexadecimal.
    static func sha256(of path: String) throws(SystemError) -> String {
        let file = try Files.open(path)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
        defer { buffer.deallocate() }
        var hash = SHA256()
        while true {
            let count = try file.read(into: buffer)
            if count == 0 { return Identifier.hex(hash.finalize()) }
            hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }
}
