import JSONCodec
import Linux
import MillraceProtocol

/// Values by key, bounded by number and bytes; what was not used for longest goes first. Each operation takes the same
/// time, however much is kept.
struct KeyCache: Sendable {
    /// What was found.
    enum Hit {
        case fresh(JSONRaw?)
        /// Its time is over, and it may still be given out while a new one is loaded.
        case stale(JSONRaw?)
        case none
    }

    private struct Slot {
        var key: ScopedKey
        /// Nil: it is known that there is no row.
        var value: JSONRaw?
        /// Nanoseconds of the boot clock.
        var freshUntil: Int64
        var staleUntil: Int64
        var keptAt: Int64
        var cost: Int
        /// The list it was found for last.
        var list: UInt64 = 0
        /// Towards what was used earlier, and later; -1 at the ends.
        var older: Int32
        var newer: Int32
    }

    /// What an entry costs beside its bytes: the slot, its place in the index, the headers of two heap objects, and the
    /// room that both tables have to spare after they grew, and what the allocator loses while entries come and go.
    static let overhead = 336

    /// In a slot that is free.
    private static let nobody = ScopedKey(scope: .shared, key: LoadKey(""))

    private(set) var rules: DatasetRules.Cache
    private var index = PlaceTable()
    private var slots: [Slot] = []
    private var free: [Int32] = []
    private var newest: Int32 = -1
    private var oldest: Int32 = -1
    private(set) var bytes = 0
    /// How many lists were looked for.
    private var lists: UInt64 = 0
    private(set) var evicted: UInt64 = 0

    var count: Int { index.count }

    init(_ rules: DatasetRules.Cache) {
        self.rules = rules
    }

    /// Other bounds from now on; what was kept keeps its time.
    mutating func change(_ rules: DatasetRules.Cache) {
        self.rules = rules
        if rules.isOn { shrink() } else { empty() }
    }

    mutating func find(_ key: ScopedKey, now: Int64) -> Hit {
        guard let place = place(of: key) else { return .none }
        // Field by field: a copy of the slot would hold on to its key for nothing.
        if now < slots[Int(place)].freshUntil {
            touch(place)
            return .fresh(slots[Int(place)].value)
        }
        if now < slots[Int(place)].staleUntil {
            touch(place)
            return .stale(slots[Int(place)].value)
        }
        remove(place)
        return .none
    }

    /// What is kept of keys, if there is something of all of them and all of it is fresh; for a key that stands there twice
    /// once, and nil in the other place.
    mutating func findAll(_ keys: TextList, of scope: KeyScope, now: Int64) -> [KeyOutcome?]? {
        lists += 1
        var outcomes: [KeyOutcome?] = []
        outcomes.reserveCapacity(keys.count)
        let hasher = Self.hasher(of: scope)
        keys.scan { _, key in
            guard let place = place(of: key, scope, hasher), now < slots[Int(place)].freshUntil else { return false }
            if slots[Int(place)].list == lists {
                outcomes.append(nil)
                return true
            }
            slots[Int(place)].list = lists
            touch(place)
            outcomes.append(slots[Int(place)].value.map(KeyOutcome.value) ?? .missing)
            return true
        }
        return outcomes.count == keys.count ? outcomes : nil
    }

    /// Keeps a value, or nil for the knowledge that there is none.
    mutating func keep(_ key: ScopedKey, _ value: JSONRaw?, now: Int64) {
        let ttl = value == nil ? rules.negativeTTL : rules.ttl
        let cost = Self.overhead + key.key.text.utf8.count + (value?.bytes.count ?? 0)
        guard rules.isOn, ttl > .zero, cost <= rules.bytes else { return remove(key) }
        let fresh = now.addingReportingOverflow(ttl.nanoseconds).partialValue
        let freshUntil = fresh < now ? .max : fresh
        // What is not there may come at any time, so it is never told beyond its time.
        let grace = value == nil ? 0 : rules.stale.nanoseconds
        let (stale, overflow) = freshUntil.addingReportingOverflow(grace)
        let slot = Slot(
            key: key, value: value, freshUntil: freshUntil, staleUntil: overflow ? .max : stale, keptAt: now,
            cost: cost,
            older: -1, newer: -1)
        if let place = place(of: key) {
            bytes += cost - slots[Int(place)].cost
            unlink(place)
            slots[Int(place)] = slot
            link(place)
        } else {
            let place: Int32
            if let spare = free.popLast() {
                place = spare
                slots[Int(place)] = slot
            } else {
                place = Int32(slots.count)
                slots.append(slot)
            }
            index.insert(place, Self.hash(key))
            bytes += cost
            link(place)
        }
        shrink()
    }

    /// Whether something of the key was kept at `start` or later; it need not be fresh any more.
    func isKept(_ key: ScopedKey, since start: Int64) -> Bool {
        place(of: key).map { slots[Int($0)].keptAt >= start } ?? false
    }

    mutating func remove(_ key: ScopedKey) {
        if let place = place(of: key) { remove(place) }
    }

    /// Forgets what is a scope's, or everything; says how much it was.
    @discardableResult
    mutating func removeAll(of scope: KeyScope? = nil) -> Int {
        guard let scope else {
            defer { empty() }
            return count
        }
        let before = count
        var place = newest
        while place >= 0 {
            let older = slots[Int(place)].older
            if slots[Int(place)].key.scope == scope { remove(place) }
            place = older
        }
        return before - count
    }

    private mutating func empty() {
        index = PlaceTable()
        slots = []
        free = []
        newest = -1
        oldest = -1
        bytes = 0
    }

    private mutating func shrink() {
        while oldest >= 0, index.count > rules.entries || bytes > rules.bytes {
            remove(oldest)
            evicted += 1
        }
    }

    private mutating func remove(_ place: Int32) {
        unlink(place)
        index.remove(place, Self.hash(slots[Int(place)].key))
        bytes -= slots[Int(place)].cost
        slots[Int(place)].key = Self.nobody
        slots[Int(place)].value = nil
        free.append(place)
    }

    // MARK: Where a key is

    private func place(of key: ScopedKey) -> Int32? {
        key.key.withBytes { place(of: $0, key.scope, Self.hasher(of: key.scope)) }
    }

    @inline(__always)
    private func place(of key: UnsafeBufferPointer<UInt8>, _ scope: KeyScope, _ hasher: Hasher) -> Int32? {
        index.find(Self.hash(key, hasher)) { place in
            slots[Int(place)].key.scope == scope && slots[Int(place)].key.key.isMade(of: key)
        }
    }

    private static func hash(_ key: ScopedKey) -> UInt32 { key.key.withBytes { hash($0, hasher(of: key.scope)) } }

    /// What goes into the hash of every key of a scope.
    private static func hasher(of scope: KeyScope) -> Hasher {
        var hasher = Hasher()
        hasher.combine(scope)
        return hasher
    }

    @inline(__always)
    private static func hash(_ key: UnsafeBufferPointer<UInt8>, _ hasher: Hasher) -> UInt32 {
        var hasher = hasher
        hasher.combine(bytes: UnsafeRawBufferPointer(key))
        return UInt32(truncatingIfNeeded: hasher.finalize())
    }

    // MARK: The order of use

    private mutating func touch(_ place: Int32) {
        guard place != newest else { return }
        unlink(place)
        link(place)
    }

    private mutating func link(_ place: Int32) {
        slots[Int(place)].older = newest
        slots[Int(place)].newer = -1
        if newest >= 0 { slots[Int(newest)].newer = place } else { oldest = place }
        newest = place
    }

    private mutating func unlink(_ place: Int32) {
        let (older, newer) = (slots[Int(place)].older, slots[Int(place)].newer)
        if older >= 0 { slots[Int(older)].newer = newer } else { oldest = newer }
        if newer >= 0 { slots[Int(newer)].older = older } else { newest = older }
    }
}
