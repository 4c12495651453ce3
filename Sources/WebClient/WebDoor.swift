import Linux

/// The way to the web, opened by the first request: most processes need none, and save the threads.
public final class WebDoor: Sendable {
    public let settings: WebClientSettings
    private let meters: WebMeters?
    private let opened = Locked<WebClient?>(nil)

    /// - Parameter meters: what counts the requests; nil for nothing.
    public init(_ settings: WebClientSettings = WebClientSettings(), meters: WebMeters? = nil) {
        self.settings = settings
        self.meters = meters
    }

    /// The client, made if there is none.
    /// - Throws: what ``WebClient/init(_:)`` throws.
    public func client() throws(WebError) -> WebClient {
        try opened.withLock { opened throws(WebError) -> WebClient in
            if let opened { return opened }
            let client = try WebClient(settings, meters: meters)
            opened = client
            return client
        }
    }

    /// Closes what was opened; the next call opens anew.
    public func close() async {
        let client = opened.withLock { opened -> WebClient? in
            defer { opened = nil }
            return opened
        }
        await client?.close()
    }
}
