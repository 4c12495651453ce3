/// The settings of a service: a struct whose property values are the defaults, and one table that is parser and
/// reference at once.
public protocol ServiceConfiguration: Sendable {
    init()
    static var keys: [ConfigurationKey<Self>] { get }

    /// What is wrong although each value is right by itself; each problem stops the start.
    func problems() -> [String]
}

extension ServiceConfiguration {
    public func problems() -> [String] { [] }
}

/// One setting. `("Pool", "LeaseSec", \.lease, …)` is `LeaseSec=` in `[Pool]` of the file, `--lease-sec` on the command
/// line and `MILLRACE_<SERVICE>_LEASE_SEC` in the environment.
public struct ConfigurationKey<Configuration: Sendable>: Sendable {
    public let section: String
    public let name: String
    public let summary: String
    /// An environment variable with another name that is read too; its values are held within the bounds instead of
    /// being refused. The variable named after the key goes before it.
    public let alsoReads: String?
    /// What stands for the value in help: "NUMBER".
    public let placeholder: String
    /// Completes "is not": "a whole number from 1 to 256".
    public let expectation: String

    /// Answers whether the text was right; leaves the configuration alone when it was not.
    let parse: @Sendable (String, inout Configuration) -> Bool
    /// As `parse`, but holds values within the bounds; the warning says what was done.
    let parseLeniently: @Sendable (String, inout Configuration) -> (isTaken: Bool, warning: String?)
    let show: @Sendable (Configuration) -> String

    public init<Value: Sendable>(
        _ section: String, _ name: String, _ path: WritableKeyPath<Configuration, Value> & Sendable,
        _ kind: ConfigurationKind<Value>, _ summary: String, alsoReads: String? = nil
    ) {
        self.section = section
        self.name = name
        self.summary = summary
        self.alsoReads = alsoReads
        placeholder = kind.placeholder
        expectation = kind.expectation
        parse = { text, configuration in
            guard let value = kind.parse(text) else { return false }
            configuration[keyPath: path] = value
            return true
        }
        parseLeniently = { text, configuration in
            if let value = kind.parse(text) {
                configuration[keyPath: path] = value
                return (true, nil)
            }
            if let value = kind.clamp(text) {
                configuration[keyPath: path] = value
                return (true, "is held at \(kind.show(value)): it has to be \(kind.expectation)")
            }
            return (false, "is passed over: it has to be \(kind.expectation)")
        }
        show = { kind.show($0[keyPath: path]) }
    }

    private init<Inner: Sendable>(
        _ key: ConfigurationKey<Inner>, at path: WritableKeyPath<Configuration, Inner> & Sendable
    ) {
        section = key.section
        name = key.name
        summary = key.summary
        alsoReads = key.alsoReads
        placeholder = key.placeholder
        expectation = key.expectation
        parse = { text, configuration in key.parse(text, &configuration[keyPath: path]) }
        parseLeniently = { text, configuration in key.parseLeniently(text, &configuration[keyPath: path]) }
        show = { key.show($0[keyPath: path]) }
    }

    /// The same setting as part of a larger configuration.
    func within<Outer: Sendable>(
        _ path: WritableKeyPath<Outer, Configuration> & Sendable
    ) -> ConfigurationKey<Outer> {
        ConfigurationKey<Outer>(self, at: path)
    }

    /// "--lease-sec"
    public var flag: String { "--" + SettingName.kebab(name) }

    /// "MILLRACE_RUNNER_LEASE_SEC"
    public func variable(of service: String) -> String {
        SettingName.variablePrefix(of: service) + SettingName.snake(name)
    }
}

/// The forms of a setting's name.
enum SettingName {
    /// "LeaseSec" is "LEASE_SEC", "HTTPPort" is "HTTP_PORT".
    static func snake(_ name: String) -> String { joined(name, UInt8(ascii: "_")) { upper($0) } }

    /// "LeaseSec" is "lease-sec".
    static func kebab(_ name: String) -> String { joined(name, UInt8(ascii: "-")) { lower($0) } }

    static func variablePrefix(of service: String) -> String {
        "MILLRACE_\(snake(service))_"
    }

    /// Names are ASCII, and each start of a service goes through all of them: bytes cost a tenth of what characters do.
    /// A word begins at an upper-case letter after another kind of character, or before a lower-case one.
    private static func joined(_ name: String, _ separator: UInt8, _ letter: (UInt8) -> UInt8) -> String {
        let bytes = Array(name.utf8)
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count + 8)
        var begins = false
        for (index, byte) in bytes.enumerated() {
            if byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") {
                begins = true
                continue
            }
            if isUpper(byte), index > 0,
                !isUpper(bytes[index - 1]) || index + 1 < bytes.count && isLower(bytes[index + 1])
            {
                begins = true
            }
            if begins, !text.isEmpty { text.append(separator) }
            begins = false
            text.append(letter(byte))
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func isUpper(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") }
    private static func isLower(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z") }
    private static func upper(_ byte: UInt8) -> UInt8 { isLower(byte) ? byte - 32 : byte }
    private static func lower(_ byte: UInt8) -> UInt8 { isUpper(byte) ? byte + 32 : byte }
}
