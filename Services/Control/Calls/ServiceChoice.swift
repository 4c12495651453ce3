import MillraceProtocol

/// Which service a command speaks to.
enum ServiceChoice {
    /// The one that is named, else the method's, else the runner for what every service answers.
    static func service(named name: String?, method: String?) throws(Failure) -> String {
        if let name {
            guard KnownService.named(name) != nil else {
                let known = KnownService.all.map(\.name).joined(separator: ", ")
                throw Failure(.usage, "no service '\(name)'; there is \(known)")
            }
            return name
        }
        guard let method else { return KnownService.runner.name }
        if let owner = KnownService.owner(of: method) { return owner.name }
        let noun = method.prefix { $0 != "." }
        guard noun == "service" || noun == "rpc" else {
            throw Failure(.usage, "no known service has the noun of '\(method)'; name one by --service")
        }
        return KnownService.runner.name
    }
}
