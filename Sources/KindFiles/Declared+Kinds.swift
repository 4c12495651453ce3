import Declarations

extension Declared {
    /// Names in a list, none twice.
    func names(_ noun: String) -> [Declared]? {
        guard let items = items(1...20) else { return nil }
        var seen: Set<String> = []
        return items.filter { item in
            guard let name = item.name() else { return false }
            if seen.insert(name).inserted { return true }
            item.refuse("\(noun) \(name) stands here twice; remove one")
            return false
        }
    }

    /// An absolute path without a zero byte.
    func absolutePath(_ what: String) -> String? {
        text("\(what), an absolute path") { $0.hasPrefix("/") && $0.utf8.count < 4096 }
    }

    /// The words of a program with its arguments, from a list or from one text.
    func commandWords(_ host: ProgramHost) -> [String]? {
        guard let words = isList ? listedWords() : splitWords() else { return nil }
        let length = words.reduce(0) { $0 + $1.utf8.count + 1 }
        guard length <= 131_072 else {
            refuse("the program and its arguments have \(length) bytes; at most 131072 can be passed on")
            return nil
        }
        guard let program = words.first, program.hasPrefix("/") else {
            refuse("the program has to be an absolute path, not \(Self.quoted(words.first ?? ""))")
            return nil
        }
        if let fault = host.fault(ofProgram: program) {
            refuse("\(program) \(fault)")
            return nil
        }
        return words
    }

    private func listedWords() -> [String]? {
        guard let items = items(1...1000) else { return nil }
        let words = items.map { $0.text() }
        return words.contains(nil) ? nil : words.compactMap(\.self)
    }

    private func splitWords() -> [String]? {
        guard let text = text("a list of the program and its arguments, or both as one text") else { return nil }
        do throws(CommandLine.Fault) {
            let words = try CommandLine.words(text)
            guard (1...1000).contains(words.count) else {
                refuse("has \(words.count) words; a program and at most 999 arguments have to be here")
                return nil
            }
            return words
        } catch {
            switch error {
            case .unclosed(let quote): refuse("the quote \(quote) is not closed; close it")
            case .trailingBackslash: refuse("ends with a backslash; write two, or remove it")
            case .special(let character):
                refuse(
                    "no shell reads this, so \(character) has no meaning; put it in single quotes, or write "
                        + "[/bin/sh, -c, \"…\"]")
            }
            return nil
        }
    }
}
