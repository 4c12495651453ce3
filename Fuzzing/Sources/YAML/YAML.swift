import JSONCodec
import Oracle

@testable import Declarations
@testable import KindFiles

/// A file of declarations. Every mistake is told with a place in the file; what has none is JSON that says the same when it
/// is read as YAML; and the reader of kinds, which gets it too, comes to an end with what it makes of it.
@_cdecl("LLVMFuzzerTestOneInput")
public func yaml(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let bytes = input(start, count)
    let problems = ProblemList()
    let root = YAMLReader.read(bytes, file: "f", into: problems)
    let lines = bytes.count { $0 == 0x0A || $0 == 0x0D } + lineEndsBeyondASCII(bytes) + 1
    judge(problems, lines: lines)
    guard let root else { return 0 }
    if problems.errors == 0 { judge(root) }
    let reader = KindFolderReader(ProgramHost(runner: 0))
    reader.read(Declared(root, file: "f", problems: reader.problems))
    _ = reader.finish()
    judge(reader.problems, lines: lines)
    return 0
}

private func judge(_ problems: ProblemList, lines: Int) {
    for problem in problems.all {
        claim(problem.place.file == "f" && (0...lines).contains(problem.place.line), "\(problem)")
        claim(!problem.message.isEmpty, "a problem without words")
    }
}

private func judge(_ root: YAMLNode) {
    guard let text = Declared(root, file: "f", problems: ProblemList()).json() else { return }
    let value: JSONValue
    do { value = try JSON.decode(JSONValue.self, from: text) } catch { fatalError("\(text) is no JSON: \(error)") }
    claim(levels(value) <= YAMLReader.depth, "deeper than may be")
    let file = JSON.encode(value)
    guard isPlainYAML(value), SourceText.problem(file, file: "g") == nil else { return }
    let problems = ProblemList()
    guard let again = YAMLReader.read(file, file: "g", into: problems) else {
        claim(value == .null, "\(text) read as YAML is nothing: \(problems.all)")
        return
    }
    let other = Declared(again, file: "g", problems: problems).json()
    let second = other.flatMap { try? JSON.decode(JSONValue.self, from: $0) }
    claim(problems.errors == 0 && second == value, "\(text) read as YAML is \(other as Any)")
}

private func levels(_ value: JSONValue) -> Int {
    switch value {
    case .array(let elements): 1 + (elements.map(levels).max() ?? 0)
    case .object(let members): 1 + (members.map { levels($0.value) }.max() ?? 0)
    default: 0
    }
}

/// Whether libyaml (YAML 1.1) takes the value as JSON: a key has to end within 1024 characters, and three characters that
/// JSON has in its strings are line ends there.
private func isPlainYAML(_ value: JSONValue) -> Bool {
    func isPlain(_ text: String) -> Bool {
        !text.unicodeScalars.contains { [0x85, 0x2028, 0x2029, 0xFEFF].contains($0.value) }
    }
    switch value {
    case .string(let text): return isPlain(text)
    case .array(let elements): return elements.allSatisfy(isPlainYAML)
    case .object(let members):
        return members.allSatisfy { JSON.encode($0.name).count < 1000 && isPlain($0.name) && isPlainYAML($0.value) }
    default: return true
    }
}

/// U+0085, U+2028 and U+2029, which YAML 1.1 counts as line ends.
private func lineEndsBeyondASCII(_ bytes: [UInt8]) -> Int {
    String(decoding: bytes, as: UTF8.self).unicodeScalars.count { [0x85, 0x2028, 0x2029].contains($0.value) }
}
