import Crypto

/// What proves to the receiver of a hook who sent it, when, and that nobody changed it.
enum HookSignature {
    /// `v1=` and HMAC-SHA256 of timestamp, dot and body, in lower case hexadecimal.
    static func header(secret: [UInt8], timestamp: String, body: [UInt8]) -> String {
        var code = HMAC<SHA256>(key: SymmetricKey(data: secret))
        code.update(data: Array(timestamp.utf8))
        code.update(data: [UInt8(ascii: ".")])
        code.update(data: body)
        var text = "v1="
        for byte in code.finalize() {
            if byte < 16 { text += "0" }
            text += String(byte, radix: 16)
        }
        return text
    }
}
