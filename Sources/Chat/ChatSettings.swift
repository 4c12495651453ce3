public import WebClient

/// Which chat service is asked, and how.
public struct ChatSettings: Sendable {
    /// Of the completions: `https://openrouter.ai/api/v1/chat/completions`.
    public var url: WebURL
    /// Asked in this order, each once, until one has something to say.
    public var models: [String]
    /// Models that are asked at most.
    public var attempts = 5
    /// Between two of them; there is none after the last.
    public var pause = Duration.seconds(1)
    /// For one model's answer.
    public var timeout = Duration.seconds(30)
    /// A longer answer is refused.
    public var largestAnswer = 1 << 20

    public static let standardURL = "https://openrouter.ai/api/v1/chat/completions"
    public static let standardModels = [
        "google/gemini-2.5-flash", "openai/gpt-4.1-mini", "anthropic/claude-3.5-haiku",
        "mistralai/mistral-small-3.2-24b-instruct",
        "meta-llama/llama-3.3-70b-instruct",
    ]

    public init(url: WebURL, models: [String] = standardModels) {
        self.url = url
        self.models = models
    }
}
