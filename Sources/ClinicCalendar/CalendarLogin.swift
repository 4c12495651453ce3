/// Who may read a calendar.
public struct CalendarLogin: Sendable {
    let user: String
    let password: String

    /// From `user:password`.
    /// - Throws: ``ClinicCalendarError/credential``.
    public init(_ bytes: [UInt8]) throws(ClinicCalendarError) {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let colon = text.firstIndex(of: ":"), colon > text.startIndex else { throw .credential }
        user = String(text[..<colon])
        password = String(text[text.index(after: colon)...])
    }
}
