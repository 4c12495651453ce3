import JSONCodec
import MillraceProtocol
import Preloading

/// The answer to `preload.fetch`, written from where its keys and values lie.
struct FetchAnswer: JSONEncodable, Sendable {
    /// One dataset.
    struct Part: Sendable {
        var name: String
        var keys: TextList
        /// In the order of the keys; nil for a key that stands there before.
        var outcomes: [KeyOutcome?]
    }

    var parts: [Part]

    func encode(to json: inout JSONWriter) {
        json.object { json in
            json.member("datasets") { json in
                json.array { json in for part in parts { part.encode(to: &json) } }
            }
        }
    }
}

extension FetchAnswer.Part {
    /// As ``DatasetRows``.
    fileprivate func encode(to json: inout JSONWriter) {
        DatasetRows.encode(dataset: name, to: &json) { json in
            keys.scan { place, key in
                if case .value(let value)? = outcomes[place] {
                    json.name(utf8: key)
                    json.raw(value)
                }
                return true
            }
        } missing: { json in
            keys.scan { place, key in
                if case .missing? = outcomes[place] { json.string(utf8: key) }
                return true
            }
        } errors: { json in
            keys.scan { place, key in
                if case .failed(let failure)? = outcomes[place] {
                    json.name(utf8: key)
                    json.value(failure.error)
                }
                return true
            }
        }
    }
}
