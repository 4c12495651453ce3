/// What to do where a text is no YAML; libyaml says only what it expected.
enum YAMLAdvice {
    static func text(_ failure: YAMLEvents.Failure, character: UInt8?) -> String {
        var text = "this is no YAML: \(failure.message)"
        if let context = failure.context { text += " \(context.message) that begins in line \(context.line)" }
        if let advice = advice(failure, character: character) { text += "; \(advice)" }
        return text
    }

    private static func advice(_ failure: YAMLEvents.Failure, character: UInt8?) -> String? {
        let message = failure.message
        if character == 0x09 { return "indent with spaces, a tab cannot do it" }
        if message.contains("cannot start any token") { return "put the text in quotes" }
        if message.contains("mapping values are not allowed") {
            return "put a text that holds \": \" in quotes, and indent the keys of a mapping alike"
        }
        if message.contains("expected key") || message.contains("'-' indicator") || message.contains("expected ':'") {
            return "indent what belongs together alike, and end each key with a colon"
        }
        if message.contains("end of stream") { return "close the quotes" }
        if message.contains("',' or") { return "close the bracket, or put a comma between the values" }
        if message.contains("escape") { return "write \\\\ for a backslash, or use single quotes" }
        if message.contains("document start") { return "remove what stands before the document, or its ---" }
        return nil
    }
}
