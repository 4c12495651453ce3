import JSONCodec
import Linux
import MillraceProtocol
import MillraceService
import MillraceWorker
import WebClient

/// `http-callback`: tells a web address of an event, signed with a shared secret. Documentation/Hooks.md is the contract.
struct HookWorkload: PlainWorkload {
    static let kind = "http-callback"
    static let summary = "Sends an event to a web address, signed with a shared secret."

    private let web: WebDoor
    private let secrets: Secrets
    private let time: any TimeSource

    init(web: WebDoor, secrets: Secrets, time: any TimeSource = SystemTime()) {
        self.web = web
        self.secrets = secrets
        self.time = time
    }

    struct Output: JSONEncodable, Sendable {
        /// The HTTP status, 200 to 299.
        var status: Int
        /// From the first byte sent to the last one read.
        var duration: Duration

        func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("status", status)
                $0.member("durationMs", duration.milliseconds)
            }
        }
    }

    func process(_ params: HookParameters, _ run: JobRun) async throws -> Output {
        let request = try request(params, job: run.jobID)
        let start = time.boot()
        let response = try await web.client().send(request)
        let duration = time.boot() - start
        if let failure = response.failure(of: request, now: time.wall()) { throw Self.face(of: failure) }
        run.log.info(
            "\(params.url.origin) was told",
            metadata: ["http-status": "\(response.status)", "duration-ms": "\(duration.milliseconds)"])
        return Output(status: response.status, duration: duration)
    }

    /// The secret is read for each try, and so is the time: a receiver may refuse what is old.
    private func request(_ params: HookParameters, job: JobID) throws -> WebRequest {
        let timestamp = String(time.wall().milliseconds / 1000)
        var headers = params.headers
        headers["Content-Type"] = "application/json"
        headers["User-Agent"] = "millrace/\(MillraceVersion.current)"
        headers["Millrace-Event-Id"] = "\(job)"
        headers["Millrace-Timestamp"] = timestamp
        if let name = params.secret {
            headers["Millrace-Signature"] = HookSignature.header(
                secret: try secrets.read(name), timestamp: timestamp, body: params.event.bytes)
        }
        var request = WebRequest(
            .post, params.url, headers: headers, body: params.event.bytes, timeout: params.timeout,
            answer: .head(skipping: 65_536))
        request.system = "hook"
        return request
    }

    /// A conflict is the receiver's last word here, since the event of a hook never changes.
    private static func face(of failure: WebFailure) -> RPCError {
        var error = failure.rpcError
        guard failure.status == 409 else { return error }
        error.status = .failedPrecondition
        error.code = StatusWord.failedPrecondition.code
        error.retryAfterMs = nil
        return error
    }
}
