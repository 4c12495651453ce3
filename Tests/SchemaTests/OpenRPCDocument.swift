import JSONCodec
import Schemas

/// An OpenRPC document as a test reads it.
struct OpenRPCDocument {
    struct Method {
        let name: String
        let access: String
        /// Whether it takes an idempotency key beside its parameters.
        let isKeyed: Bool
        /// Whether the service is asked for it; a few it asks its workers for.
        let isServed: Bool
        /// Parameter name → its schema.
        let params: [String: JSONValue]
        let required: Set<String>
        let result: JSONValue?
        let examples: [(params: JSONValue, result: JSONValue)]
    }

    let root: JSONValue
    let methods: [Method]

    init(_ bytes: [UInt8]) throws {
        root = try JSON.decode(JSONValue.self, from: bytes)
        methods = (root["methods"]?.elements ?? []).map { method in
            let params = method["params"]?.elements ?? []
            return Method(
                name: method["name"]?.stringValue ?? "", access: method["x-access"]?.stringValue ?? "",
                isKeyed: method["x-idempotency"]?.stringValue == "meta.idempotencyKey",
                isServed: method["x-direction"]?.stringValue?.hasPrefix("caller-to-") == true,
                params: Dictionary(
                    uniqueKeysWithValues: params.compactMap { param in
                        param["name"]?.stringValue.map { ($0, param["schema"] ?? .null) }
                    }),
                required: Set(
                    params.filter { $0["required"]?.boolValue == true }.compactMap { $0["name"]?.stringValue }),
                result: method["result"]?["schema"],
                examples: (method["examples"]?.elements ?? []).map { example in
                    let members = (example["params"]?.elements ?? []).compactMap { param in
                        param["name"]?.stringValue.map { JSONMember($0, param["value"] ?? .null) }
                    }
                    return (.object(members), example["result"]?["value"] ?? .null)
                })
        }
    }

    func method(_ name: String) -> Method? { methods.first { $0.name == name } }

    /// The schema itself, or the component a reference names.
    func resolve(_ schema: JSONValue) -> JSONValue {
        guard let reference = schema["$ref"]?.stringValue, let name = reference.split(separator: "/").last else {
            return schema
        }
        return root["components"]?["schemas"]?[String(name)] ?? .null
    }

    /// Whether the parameters have such a place, written as errors write it: "jobs[0].priority".
    func hasParameter(_ field: String, of method: Method) -> Bool {
        var steps = field.replacing("[", with: ".[").split(separator: ".", omittingEmptySubsequences: false)[...]
        guard let name = steps.popFirst(), var schema = method.params[String(name)].map(resolve) else { return false }
        for step in steps {
            let inner =
                step.hasPrefix("[")
                ? schema["items"] : schema["properties"]?[String(step)] ?? schema["additionalProperties"]
            guard let inner, case .object = inner else { return false }
            schema = resolve(inner)
        }
        return true
    }

    /// Every place of the value that its schema describes, as "job.items.total".
    func describedPaths(_ schema: JSONValue, at path: String = "") -> Set<String> {
        let schema = resolve(schema)
        var paths: Set<String> = []
        for member in schema["properties"]?.members ?? [] {
            let here = path.isEmpty ? member.name : "\(path).\(member.name)"
            paths.insert(here)
            paths.formUnion(describedPaths(member.value, at: here))
        }
        if let items = schema["items"] { paths.formUnion(describedPaths(items, at: path)) }
        return paths
    }
}

extension JSONValue {
    /// Every member name of every object in it, with the way there.
    func paths(at path: String = "", stopping opaque: Set<String> = []) -> Set<String> {
        switch self {
        case .object(let members):
            var paths: Set<String> = []
            for member in members {
                let here = path.isEmpty ? member.name : "\(path).\(member.name)"
                paths.insert(here)
                if !opaque.contains(member.name) { paths.formUnion(member.value.paths(at: here, stopping: opaque)) }
            }
            return paths
        case .array(let elements):
            return elements.reduce(into: []) { $0.formUnion($1.paths(at: path, stopping: opaque)) }
        default: return []
        }
    }

    /// The same with the members of every object in order of their names.
    var sorted: JSONValue {
        switch self {
        case .object(let members):
            .object(members.map { JSONMember($0.name, $0.value.sorted) }.sorted { $0.name < $1.name })
        case .array(let elements): .array(elements.map(\.sorted))
        default: self
        }
    }
}
