/// A value in a box, so that an expectation may call what changes it: `held { $0.take(at: now) }`.
@dynamicMemberLookup
final class Held<Value> {
    var value: Value

    init(_ value: Value) {
        self.value = value
    }

    func callAsFunction<Result>(_ body: (inout Value) -> Result) -> Result { body(&value) }

    subscript<Member>(dynamicMember path: KeyPath<Value, Member>) -> Member { value[keyPath: path] }
}
