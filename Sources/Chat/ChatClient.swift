public import Linux
public import WebClient

/// A chat service of the OpenAI kind, OpenRouter for instance, asked model after model until one has something to say.
///
/// An error of any sort and a blank answer count alike: the next model is asked, after a pause. What a model said before the
/// limit of tokens cut it off is an answer: it is what was asked for, if not all of it, and another model would be cut off too.
public struct ChatClient: Sendable {
    public let settings: ChatSettings
    private let web: WebClient
    private let key: @Sendable () throws -> String
    private let gate: any CallGate
    private let time: any TimeSource

    /// - Parameters:
    ///   - key: asked for each text, so that it can be changed under way; what it throws is ``ChatError/noKey(_:)``.
    ///   - gate: each request on the wire passes it.
    public init(
        _ settings: ChatSettings, web: WebClient, key: @escaping @Sendable () throws -> String,
        gate: any CallGate = OpenGate(), time: any TimeSource = SystemTime()
    ) {
        self.settings = settings
        self.web = web
        self.key = key
        self.gate = gate
        self.time = time
    }

    /// The same client, whose requests pass another gate.
    public func passing(_ gate: any CallGate) -> ChatClient {
        ChatClient(settings, web: web, key: key, gate: gate, time: time)
    }

    /// The first text that a model has to say, without the white space around it.
    /// - Throws: ``ChatError``; `CancellationError`.
    public func complete(_ question: ChatQuestion) async throws -> String {
        try await reply(question) { _ in }.text
    }

    /// The first text that a model has to say, and whose it is.
    /// - Parameter note: hears what each model that was asked has cost, before the next one is asked and before an error is
    ///   thrown.
    /// - Throws: ``ChatError``; `CancellationError`.
    public func reply(_ question: ChatQuestion, note: (ChatUse) -> Void) async throws -> ChatReply {
        let key: String
        do {
            key = try self.key()
        } catch {
            throw ChatError.noKey("\(error)")
        }
        guard !settings.models.isEmpty else { throw ChatError.noModels }
        var attempts: [ChatError.Attempt] = []
        for (index, model) in settings.models.prefix(max(1, settings.attempts)).enumerated() {
            if index > 0 { try await time.sleep(for: settings.pause) }
            try Task.checkCancellation()
            let fault: String
            do {
                let answer = try await ask(model, question, key)
                note(answer.use)
                if let text = answer.text.map({ trimmed($0) }), !text.isEmpty {
                    return ChatReply(text: text, model: model)
                }
                fault = "blank"
            } catch {
                note(error.chatUse)
                try Task.checkCancellation()
                fault = error.chatFault
            }
            attempts.append(.init(model: model, fault: fault))
        }
        throw ChatError.noAnswer(attempts)
    }

    private func ask(_ model: String, _ question: ChatQuestion, _ key: String) async throws -> ChatAnswer {
        var built = WebRequest(
            .post, settings.url,
            headers: ["Authorization": "Bearer \(key)", "Content-Type": "application/json", "X-Title": "Millrace"],
            body: question.body(model: model), timeout: settings.timeout,
            answer: .whole(limit: settings.largestAnswer))
        built.system = "chat"
        let request = built
        let response = try await gate.pass(within: settings.timeout) { () async throws -> WebResponse in
            let response: WebResponse
            do throws(WebError) {
                response = try await web.send(request)
            } catch .cancelled {
                throw CancellationError()
            }
            // The gate hears of a service that is down; one that refuses a request is well.
            if response.status >= 500 { throw ChatFault(reading: response) }
            return response
        }
        guard response.isSuccess else { throw ChatFault(reading: response) }
        return try ChatAnswer(reading: response)
    }
}

extension Error {
    /// In words, without what the layers below may have put into theirs.
    fileprivate var chatFault: String { (self as? ChatFault)?.text ?? "\(self)" }

    /// What it has cost to come to this.
    fileprivate var chatUse: ChatUse {
        if let fault = self as? ChatFault { return fault.use }
        if self is CancellationError { return .unknown }
        // A permit that was not given: nobody was asked.
        guard let error = self as? WebError else { return .nothing }
        switch error {
        case .badURL, .badHeader, .timedOut(_, .connection), .untrusted, .busy, .closed, .settings: return .nothing
        case .timedOut(_, .answer), .unreachable, .tooLarge, .cancelled: return .unknown
        }
    }
}
