public import BackOffice
public import Chat

/// Has a chat service make one text of what was delivered in a month.
public struct ChatSummarizer: Summarizer {
    private let chat: ChatClient

    public init(_ chat: ChatClient) { self.chat = chat }

    /// - Throws: `ChatError`, when no model has anything to say: whoever asks keeps the original texts then.
    public func summarize(_ work: [WorkText]) async throws -> String {
        try await chat.complete(
            ChatQuestion(system: SummaryPrompt.system, user: SummaryPrompt.user(work), tokens: 200, temperature: 0))
    }
}
