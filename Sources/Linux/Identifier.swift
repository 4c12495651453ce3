import CLinux

/// Random identifiers, from the kernel's generator.
public enum Identifier {
    /// 128 bits as 32 lower-case hex digits.
    public static func random() -> String { hex(randomBytes(16)) }

    /// Two lower-case hex digits per byte.
    public static func hex(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}

/// `count` bytes of the kernel's generator; ends the process when there is none, which no running Linux does.
public func randomBytes(_ count: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
        guard count == 0 || millrace_random(buffer.baseAddress, count) == 0 else {
            fatalError("\(SystemError(errno: "getrandom"))")
        }
        initialized = count
    }
}
