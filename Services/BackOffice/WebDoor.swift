import Linux
import WebClient

/// The way to the web, opened by the first job that needs it: most workers never do, and save the threads.
final class WebDoor: Sendable {
    private let settings: WebClientSettings
    private let opened = Locked<WebClient?>(nil)

    init(settings: WebClientSettings = WebClientSettings()) { self.settings = settings }

    func client() throws(WebError) -> WebClient {
        try opened.withLock { opened throws(WebError) -> WebClient in
            if let opened { return opened }
            let client = try WebClient(settings)
            opened = client
            return client
        }
    }

    /// Closes what was opened; the next call opens anew.
    func close() async {
        let client = opened.withLock { opened -> WebClient? in
            defer { opened = nil }
            return opened
        }
        await client?.close()
    }
}
