public import BackOffice
public import Chat
import Decimals

/// Has a chat service say what a brief amounts to, in one call for the whole brief.
public struct ChatAnalyst: BriefAnalyst {
    private let chat: ChatClient

    public init(_ chat: ChatClient) { self.chat = chat }

    /// - Throws: `ChatError`, when no model has anything to say: the brief then has no analysis.
    public func analyse(_ brief: DailyBrief, _ parts: [BriefPart], daysAway: Int?) async throws -> String {
        let text = String(brief.text.prefix(DailyBrief.promptLimit))
        return try await chat.complete(daysAway.map { Self.welcome($0, text) } ?? Self.ordinary(text))
    }

    private static func ordinary(_ brief: String) -> ChatQuestion {
        ChatQuestion(
            system: ordinary, user: brief, tokens: 2200, temperature: ExactDecimal(coefficient: 4, scale: 1))
    }

    /// Warmer, and shorter.
    private static func welcome(_ days: Int, _ brief: String) -> ChatQuestion {
        ChatQuestion(
            system: welcome(days), user: brief, tokens: 1500, temperature: ExactDecimal(coefficient: 7, scale: 1))
    }

    private static let ordinary = """
        You are the chief of staff of somebody with many projects. From the brief of the day you write at most 150 words: \
        what matters most today and why, what is late, one thing to begin with. No heading, no list, no praise.
        """

    private static func welcome(_ days: Int) -> String {
        let tone =
            switch days {
            case ...4: "kindly and briefly, as if he had been away for a long weekend"
            case ...10: "warmly, saying what has piled up, without reproach"
            default: "as after a long absence: nothing is lost, and one small thing is enough to begin"
            }
        return """
            You write to somebody who was away from his projects for \(days) days, \(tone). At most 120 words from the brief \
            below: where he left off, the one thing to begin with. No heading, no list.
            """
    }
}
