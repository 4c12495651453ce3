import Declarations

/// What a text reads as, and the problems as they are shown; the file is called "x.yaml".
func read(_ bytes: [UInt8]) -> (root: YAMLNode?, problems: [String]) {
    let problems = ProblemList()
    let root = YAMLReader.read(bytes, file: "x.yaml", into: problems)
    return (root, problems.all.map(\.description))
}

func read(_ text: String) -> (root: YAMLNode?, problems: [String]) { read(Array(text.utf8)) }

/// What `body` makes of the root of a text, with all problems.
func decode<Value>(_ text: String, _ body: (Declared) -> Value?) -> (value: Value?, problems: [String]) {
    let problems = ProblemList()
    let root = YAMLReader.read(Array(text.utf8), file: "x.yaml", into: problems)
    let value = root.flatMap { body(Declared($0, file: "x.yaml", problems: problems)) }
    return (value, problems.all.map(\.description))
}
