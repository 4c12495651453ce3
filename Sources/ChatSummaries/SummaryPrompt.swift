import BackOffice
import Decimals

/// How a chat service is asked for a summary of work.
enum SummaryPrompt {
    static let system = """
        You are the account manager of a software agency. From a contractor's work log you write, for the client, what was \
        delivered. Name results, not activities: nouns instead of verbs of process. Give more room to what took more hours. \
        Sort it under at most 2 scopes, each with 3 to 4 results of 2 to 4 words. Answer with bullet points only: no heading, \
        no introduction, no hours, no names.
        """

    /// Characters of one text that are sent.
    static let longest = 2000

    /// The texts by number, each with its hours to one decimal.
    static func user(_ work: [WorkText]) -> String {
        var lines = ["The work log:"]
        for (index, part) in work.enumerated() {
            lines.append("\(index + 1). [\(hours(part.hours)) h] \(part.text.prefix(longest))")
        }
        return lines.joined(separator: "\n")
    }

    static func hours(_ hours: Hours) -> String {
        let text = hours.rounded(scale: 1, rounding: .halfUp).description
        return text.contains(".") ? text : text + ".0"
    }
}
