import BackOffice
import JSONCodec
import Linux
import Mail
import MillraceProtocol
import MillraceStore
import MillraceWorker

/// `send-brief-mail`: the brief of a person and day goes out, once.
///
/// Before the message goes it is on disk that it may have gone, so whoever comes after a crash or a broken connection does
/// not send it again: that takes a person's word (`again`).
struct MailWorkload: PlainWorkload {
    static let kind = "send-brief-mail"
    static let summary = "Sends a brief by mail to the person it is for, once."

    /// Tries of a server that is away or says "later": the last after about two hours.
    static let attempts = 8
    static let backoff = Duration.seconds(60)
    /// The resource of `kinds.d` whose budget mail keeps to.
    static let resource = "smtp"

    private let door: BooksDoor

    init(books door: BooksDoor) { self.door = door }

    struct Params: JSONDecodable, Sendable {
        var user: String
        var date: Day
        /// Also where it has gone already, or perhaps has.
        var again = false

        init(from json: inout JSONReader) throws(JSONError) {
            var user: String?, date: Day?, again = false
            try json.object { key, json throws(JSONError) in
                switch key {
                case "user": user = try json.string()
                case "date": date = try DailyBriefWorkload.day(&json)
                case "again": again = try json.bool()
                default: try json.unknownMember(key)
                }
            }
            self.user = try json.require(user, "user")
            self.date = try json.require(date, "date")
            self.again = again
        }
    }

    struct Output: JSONEncodable, Sendable {
        var status: BriefMailStatus
        /// Why it was not sent.
        var reason: String?

        func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("status", status.rawValue)
                $0.member("reason", ifPresent: reason)
            }
        }
    }

    func process(_ params: Params, _ run: JobRun) async throws -> Output {
        try await answering {
            let books = try door.localBooks()
            guard let mail = try await books.briefMail(of: params.user, on: params.date) else {
                throw RPCError(
                    .notFound, "no mail is planned for the brief of \(params.date)", reason: "mail.none", field: "user")
            }
            switch mail.status {
            case .sent where !params.again: return Output(status: .sent, reason: "it had gone before")
            case .sending where !params.again: throw Self.uncertain
            default: break
            }
            if let obstacle = Self.obstacle(mail) {
                // It was cancelled before it went, or has gone and stays so.
                guard !mail.status.hasPerhapsGone else { return Output(status: mail.status, reason: obstacle) }
                try await books.noteBriefMail(
                    .cancelled, of: params.user, on: params.date, after: mail.tries, error: obstacle,
                    now: door.time.wall())
                return Output(status: .cancelled, reason: obstacle)
            }
            let tries = Locked(mail.tries)
            do {
                guard mail.brief.status == "completed" else { throw Self.early(mail.brief.status) }
                try await send(mail, params, books, run, tries)
            } catch {
                try await note(error, mail, params, books, after: tries.withLock { $0 })
                throw error
            }
            // Nobody sends it again even where this does not get to the disk.
            try await books.noteBriefMail(
                .sent, of: params.user, on: params.date, after: tries.withLock { $0 }, now: door.time.wall())
            return Output(status: .sent)
        }
    }

    /// - Parameter tries: As the mail had them; one more from when it is on its way.
    private func send(
        _ mail: BriefMail, _ params: Params, _ books: SQLiteBooks, _ run: JobRun, _ tries: Locked<Int>
    ) async throws {
        guard let (client, from, sender) = door.mail() else {
            throw RPCError(.failedPrecondition, "mail is off: see Mail in backoffice.conf", reason: "mail.off")
        }
        guard let address = MailAddress(mail.address) else {
            throw RPCError(.failedPrecondition, "the person's address is none", reason: "mail.address")
        }
        let message = MailMessage(
            from: from, sender: sender, to: address, subject: mail.subject, text: mail.text,
            page: BriefPage.html(mail.text, title: mail.subject), token: mail.token, date: door.time.wall())
        let time = door.time
        try await run.withPermit(Self.resource, timeout: client.settings.timeout) {
            try await door.calling("mail") {
                try await client.send(message) {
                    let mayGo = try await books.beginBriefMail(
                        of: params.user, on: params.date, after: mail.tries, isRepeat: params.again, now: time.wall())
                    guard mayGo else { throw Self.uncertain }
                    tries.withLock { $0 += 1 }
                }
            }
        }
    }

    /// What an error means for the mail. One that was under way stays so, with its reason; one that has gone, or perhaps
    /// has, and was to go again is what it was before: nobody but a person sends it once more.
    ///
    /// - Parameter mail: As it was before this try.
    private func note(
        _ error: any Error, _ mail: BriefMail, _ params: Params, _ books: SQLiteBooks, after tries: Int
    ) async throws {
        let told = (error as? StoreError)?.ofBooks ?? (error as? any RPCErrorConvertible)?.rpcError
        let message = told?.message ?? "\(error)"
        var (status, reason, time) = (BriefMailStatus.pending, Optional(message), door.time.wall())
        switch error {
        case SMTPError.uncertain: status = .sending
        // Another try is under way, or was.
        case let error as any RPCErrorConvertible where error.rpcError.reason == Self.uncertain.reason: return
        case _ where mail.status.hasPerhapsGone:
            (status, reason, time) = (mail.status, mail.brief.mail?.error, mail.brief.mail?.changedAt ?? time)
        // The books' trouble is not the mail's.
        case is StoreError: break
        case let error as any RPCErrorConvertible where error.rpcError.status?.isTransient != true: status = .failed
        default: break
        }
        try await books.noteBriefMail(
            status, of: params.user, on: params.date, after: tries, error: reason, now: time)
    }

    /// Why it is not to go any more, by the person's own word.
    private static func obstacle(_ mail: BriefMail) -> String? {
        if !mail.isWanted { return "not wanted any more" }
        if mail.address.isEmpty { return "no address any more" }
        return nil
    }

    /// The brief is made anew, or that went wrong and may be made up for: the mail waits, as for a server that is away.
    private static func early(_ status: String) -> RPCError {
        RPCError(.unavailable, "the brief is \(status), its mail waits until it is completed", reason: "mail.early")
    }

    private static let uncertain = RPCError(
        .failedPrecondition,
        "an earlier try broke off while the message was on its way, so it may have gone; `millctl brief mail --again` sends it",
        reason: "mail.uncertain")
}
