import Decimals
import JSONCodec
import Oracle

/// A text. Its three readers agree, what was read is written and read again the same, and cut short it is no JSON.
@_cdecl("LLVMFuzzerTestOneInput")
public func json(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let bytes = input(start, count)
    var skipped: JSONError?
    var raw: JSONRaw?
    do throws(JSONError) { raw = try JSONRaw(validating: bytes) } catch { skipped = error }
    var refused: JSONError?
    var value: JSONValue?
    do throws(JSONError) { value = try JSON.decode(JSONValue.self, from: bytes) } catch { refused = error }

    // Passing over and reading are two parsers; only the second looks for members that come twice.
    if refused?.kind == .duplicateMember {
        claim(skipped.map { $0.offset >= refused!.offset } ?? true, "passing over fails earlier than reading")
    } else {
        claim(skipped?.kind == refused?.kind && skipped?.offset == refused?.offset, "two verdicts")
    }
    for error in [skipped, refused] {
        claim(error.map { (0...bytes.count).contains($0.offset) } ?? true, "an error outside of the text")
    }
    if let raw {
        claim((try? JSONRaw(validating: raw.bytes)) == raw, "a raw value that is none")
        if let last = raw.bytes.last, [0x22, 0x5D, 0x7D, UInt8(ascii: "e"), UInt8(ascii: "l")].contains(last) {
            claim((try? JSONRaw(validating: raw.bytes.dropLast())) == nil, "taken without its last byte")
        }
    }
    guard let value else { return 0 }
    let written = JSON.encode(value)
    claim((try? JSON.decode(JSONValue.self, from: written)) == value, "written and read it is another value")
    claim((try? JSON.decode(JSONValue.self, from: Array(value.pretty().utf8))) == value, "pretty it is another value")
    judge(value)
    return 0
}

private func judge(_ value: JSONValue) {
    switch value {
    case .null, .bool: break
    case .number(let text): judge(number: text)
    case .string(let text):
        let written = JSON.encode(text)
        claim((try? JSON.decode(String.self, from: written)) == text, "another text")
        var appended: [UInt8] = []
        let whole = withReader(of: written) { json throws(JSONError) in try json.string(appendingTo: &appended) }
        claim(whole && appended == Array(text.utf8), "appended it is another text")
    case .array(let elements): elements.forEach(judge)
    case .object(let members):
        for member in members { judge(.string(member.name)); judge(member.value) }
    }
}

/// As a number of any type that holds it, it is written and read again the same.
private func judge(number text: String) {
    let bytes = Array(text.utf8)
    if let double = try? JSON.decode(Double.self, from: bytes) {
        claim(double.isFinite, "\(text) is \(double)")
        claim(double == Double(text), "\(text) is \(double), by the standard library \(Double(text)!)")
        claim((try? JSON.decode(Double.self, from: JSON.encode(double))) == double, "\(double)")
    } else {
        claim(Double(text)?.isInfinite == true, "\(text) is no double")
    }
    if let whole = try? JSON.decode(Int64.self, from: bytes) {
        claim(Double(text) == Double(whole), "\(text) is \(whole)")
        claim((try? JSON.decode(Int64.self, from: JSON.encode(whole))) == whole, "\(whole)")
    } else {
        claim(Int64(text) == nil, "\(text) is no Int64")
    }
    if let whole = try? JSON.decode(UInt64.self, from: bytes) {
        claim((try? JSON.decode(UInt64.self, from: JSON.encode(whole))) == whole, "\(whole)")
    } else {
        claim(UInt64(text) == nil, "\(text) is no UInt64")
    }
    if let decimal = try? JSON.decode(ExactDecimal.self, from: bytes) {
        claim((try? JSON.decode(ExactDecimal.self, from: JSON.encode(decimal))) == decimal, "\(decimal)")
    }
}

/// Whether `body` takes the whole text.
private func withReader(of bytes: [UInt8], _ body: (inout JSONReader) throws(JSONError) -> Void) -> Bool {
    do throws(JSONError) {
        var reader = try JSONReader(bytes.span)
        try body(&reader)
        try reader.finish()
        return true
    } catch {
        return false
    }
}
