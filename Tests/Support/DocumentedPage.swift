import Linux
import Testing

/// A page of the documentation and the blocks in it.
public struct DocumentedPage: Sendable, CustomTestStringConvertible {
    public struct Block: Sendable {
        /// The first word after the three quotes: "sh", "yaml".
        public var language: String
        /// What else stands there.
        public var mark: String
        /// Of the page, where its text begins.
        public var line: Int
        public var text: String
    }

    /// The path of the file in the repository, without its ending: "README", "Documentation/Kinds".
    public let name: String
    /// The whole of it.
    public let source: String
    public let blocks: [Block]

    public var testDescription: String { name }

    public init(_ name: String) throws {
        guard let page = text(of: "\(packageRoot)/\(name).md") else { throw TestFailure("no page \(name)") }
        self.name = name
        source = page
        var blocks: [Block] = []
        var open: Block?
        let lines = page.split(separator: "\n", omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            if line.hasPrefix("```") {
                if let block = open { blocks.append(block) }
                let words = line.dropFirst(3).split(separator: " ", maxSplits: 1).map(String.init)
                let new = Block(
                    language: words.first ?? "", mark: words.count > 1 ? words[1] : "", line: index + 2, text: "")
                open = open == nil ? new : nil
            } else {
                open?.text += line + "\n"
            }
        }
        guard open == nil else { throw TestFailure("\(name) has a block without an end") }
        self.blocks = blocks
    }

    /// Every page there is; a folder whose name begins with a dot has none.
    public static let all: [DocumentedPage] = {
        var found: [DocumentedPage] = []
        var folders = [""]
        while let folder = folders.popLast() {
            // A folder that is gone by now has no pages.
            for entry in (try? Files.list("\(packageRoot)/\(folder)")) ?? [] where !entry.hasPrefix(".") {
                let path = folder + entry
                if entry.hasSuffix(".md"), let page = try? DocumentedPage(String(path.dropLast(3))) {
                    found.append(page)
                } else if Files.kind("\(packageRoot)/\(path)") == .directory {
                    folders.append(path + "/")
                }
            }
        }
        return found.sorted { $0.name < $1.name }
    }()

    /// Those with commands of this mark.
    public static func all(marked mark: String) -> [DocumentedPage] { all.filter { $0.commands(marked: mark) != "" } }

    /// The commands of all blocks of ```sh with this mark, as one script.
    public func commands(marked mark: String = "") -> String {
        blocks.filter { $0.language == "sh" && $0.mark == mark }.map(\.text).joined()
    }

    /// What stands in backquotes in the first column of the tables of a section, which ends with the next heading.
    public func firstColumn(under heading: String) -> [String] {
        var isInside = false
        var names: [String] = []
        for line in source.split(separator: "\n") {
            if line.hasPrefix("#") { isInside = line == heading }
            guard isInside, line.hasPrefix("| `") else { continue }
            names.append(String(line.dropFirst(3).prefix { $0 != "`" }))
        }
        return names
    }

    /// The texts of the blocks in a language.
    public func blocks(in language: String) -> [Block] { blocks.filter { $0.language == language } }
}
