public import Linux

/// A message of a text, and the same as a page, to one address.
public struct MailMessage: Hashable, Sendable {
    public var from: MailAddress
    /// Who it is from, for people; may be empty.
    public var sender: String
    public var to: MailAddress
    public var subject: String
    public var text: String
    /// A page in HTML that says the same as the text; nil for none.
    public var page: String?
    /// What makes it the same message however often it is sent: 1 to 64 letters, digits and hyphens, unlike any other.
    public var token: String
    public var date: Timestamp

    public init(
        from: MailAddress, sender: String = "", to: MailAddress, subject: String, text: String, page: String? = nil,
        token: String, date: Timestamp
    ) {
        self.from = from
        self.sender = sender
        self.to = to
        self.subject = subject
        self.text = text
        self.page = page
        self.token = token
        self.date = date
    }

    /// What the head says as `Message-ID`.
    public var messageID: String { "<\(token)@\(from.domain)>" }

    /// The whole message as it goes over the wire, before dots are doubled. Lines are short and, where both addresses are,
    /// all is ASCII.
    var bytes: [UInt8] {
        var head =
            MailHeader.address("From", from, named: sender) + MailHeader.address("To", to)
            + MailHeader.text("Subject", subject) + "Date: \(MailHeader.date(date))\r\nMessage-ID: \(messageID)\r\n"
            // Nobody's out-of-office note is to answer (RFC 3834).
            + "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
        guard let page else {
            return Array((head + Self.partHead("plain") + "\r\n").utf8) + QuotedPrintable.encode(text)
        }
        // No line of quoted-printable holds "=_".
        let boundary = "=_\(token)"
        head += "Content-Type: multipart/alternative;\r\n boundary=\"\(boundary)\"\r\n\r\n"
        var bytes = Array(head.utf8)
        for (kind, part) in [("plain", text), ("html", page)] {
            bytes += "--\(boundary)\r\n\(Self.partHead(kind))\r\n".utf8
            bytes += QuotedPrintable.encode(part)
        }
        return bytes + "--\(boundary)--\r\n".utf8
    }

    private static func partHead(_ kind: String) -> String {
        "Content-Type: text/\(kind); charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n"
    }
}
