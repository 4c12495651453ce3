import Declarations

extension KindFolderReader {
    func readHook(_ value: Declared) -> HookDefinition? {
        let hook: HookDefinition?? = value.fields { fields in
            let purpose = "say which ends it is for, such as [failed]"
            let outcomes = fields.require("on", purpose).flatMap(Self.readOutcomes)
            let actions: [HookDefinition.Action?] = [
                fields["command"].flatMap { $0.commandWords(host) }.map { .command($0) },
                fields["job"].flatMap { $0.fields(readJob) ?? nil },
                fields["http"].flatMap { $0.fields(Self.readCall) ?? nil },
            ]
            let there = ["command", "job", "http"].filter(fields.has)
            guard there.count == 1 else {
                value.refuse(
                    "a hook does one of command, job and http, not \(there.count) of them; write one hook each")
                return nil
            }
            guard let outcomes, let action = actions.compactMap(\.self).first else { return nil }
            return HookDefinition(on: outcomes, action)
        }
        return hook ?? nil
    }

    private static func readOutcomes(_ value: Declared) -> [Outcome]? {
        guard let items = value.items(1...Outcome.allCases.count) else { return nil }
        var outcomes: Set<Outcome> = []
        for item in items {
            guard let outcome = item.choice(Outcome.self) else { return nil }
            if !outcomes.insert(outcome).inserted { item.refuse("stands here twice; remove one") }
        }
        return Outcome.allCases.filter(outcomes.contains)
    }

    private func readJob(_ fields: DeclaredFields) -> HookDefinition.Action? {
        let kind = fields.require("kind", "name the kind of the job").flatMap { refer(.kind, $0) }
        let (queue, value) = (fields["queue"], fields["params"])
        let name = queue?.name()
        let params = value.flatMap { $0.isMapping ? $0.json() : $0.refuse(unless: "a mapping") }
        guard let kind, (queue == nil) == (name == nil), (value == nil) == (params == nil) else { return nil }
        return .job(kind: kind, params: params, queue: name)
    }

    private static func readCall(_ fields: DeclaredFields) -> HookDefinition.Action? {
        let url = fields.require("url", "say where the event is posted").flatMap { value in
            value.text("an address that begins with https:// or http://") { text in
                text.hasPrefix("https://") || text.hasPrefix("http://")
            }.flatMap { readURL($0, value) }
        }
        let secret = fields["secret"]
        let name = secret?.credential()
        guard let url, secret == nil || name != nil else { return nil }
        return .http(url: url, secret: name)
    }

    private static func readURL(_ text: String, _ value: Declared) -> String? {
        let rest = text.dropFirst(text.hasPrefix("https://") ? 8 : 7)
        let authority = rest.prefix { !"/?#".contains($0) }
        let fault: String? =
            if authority.contains("@") {
                "must not hold a password; have the call signed with a secret instead"
            } else if authority.isEmpty || authority.hasPrefix(":")
                || authority.hasPrefix("[") && !authority.contains("]")
            {
                "has no host; write https://HOST/PATH"
            } else if let fault = portFault(authority) {
                fault
            } else if text.contains("#") {
                "must not have a fragment (#…); remove it"
            } else if !text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != 0x22 && $0 != 0x3C && $0 != 0x3E }) {
                "has a character that has to be written as %XX"
            } else if text.utf8.count > 2000 {
                "is longer than 2000 characters; shorten it"
            } else {
                nil
            }
        guard let fault else { return text }
        value.refuse("the address \(fault)")
        return nil
    }

    private static func portFault(_ authority: Substring) -> String? {
        // The colons of an IPv6 address stand in brackets.
        let afterHost =
            authority.hasPrefix("[") ? authority.drop { $0 != "]" }.dropFirst() : authority.drop { $0 != ":" }
        guard afterHost.hasPrefix(":") else { return afterHost.isEmpty ? nil : "has no host; write https://HOST/PATH" }
        let digits = afterHost.dropFirst()
        let isRight = digits.utf8.allSatisfy { (0x30...0x39).contains($0) } && (UInt16(digits) ?? 0) > 0
        return isRight ? nil : "has no port from 1 to 65535 after the colon"
    }
}
