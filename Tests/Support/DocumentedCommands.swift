/// The blocks of commands in a page of the documentation.
public struct DocumentedCommands: Sendable {
    private var blocks: [(mark: Substring, text: String)] = []

    /// - Parameter page: in the folder of documentation, without its ending.
    public init(page: String) throws {
        guard let page = text(of: "\(packageRoot)/Documentation/\(page).md") else {
            throw TestFailure("no page \(page)")
        }
        var open: (mark: Substring, text: String)?
        for line in page.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") {
                if let block = open { blocks.append(block) }
                open = open == nil ? (line.dropFirst(3), "") : nil
            } else {
                open?.text += line + "\n"
            }
        }
    }

    /// The commands of all blocks with this mark, as one script.
    public func script(marked mark: String) -> String {
        blocks.filter { $0.mark == mark }.map(\.text).joined()
    }
}
