/// Elements in an order, each of which can be taken out by its position in constant time.
///
/// The places of what has left are used again, so a line takes as much memory as it was ever long.
@usableFromInline
struct Line<Element> {
    /// Where an element stands; once it has left, the position names nothing ever again.
    @usableFromInline
    struct Position: Hashable, Sendable {
        @usableFromInline let index: Int
        @usableFromInline let serial: UInt64

        @inlinable
        init(index: Int, serial: UInt64) {
            self.index = index
            self.serial = serial
        }
    }

    @usableFromInline
    struct Node {
        @usableFromInline var element: Element?
        @usableFromInline var serial: UInt64
        @usableFromInline var previous: Int
        /// The next in the line, or the next unused node.
        @usableFromInline var next: Int

        @inlinable
        init(_ element: Element, serial: UInt64, previous: Int, next: Int) {
            self.element = element
            self.serial = serial
            self.previous = previous
            self.next = next
        }
    }

    @usableFromInline var nodes: [Node] = []
    @usableFromInline var head = -1
    @usableFromInline var tail = -1
    @usableFromInline var unused = -1
    @usableFromInline var serial: UInt64 = 0
    @usableFromInline private(set) var count = 0

    @inlinable
    init() {}

    @inlinable
    var isEmpty: Bool { count == 0 }

    @inlinable
    var first: Element? { head < 0 ? nil : nodes[head].element }

    @inlinable
    mutating func append(_ element: Element) -> Position {
        insert(element, after: tail)
    }

    /// Puts it behind the last element that `precedes` it: at once when elements come in order.
    @inlinable
    mutating func insert(_ element: Element, behindLast precedes: (Element) -> Bool) -> Position {
        var index = tail
        while index >= 0, let there = nodes[index].element, !precedes(there) { index = nodes[index].previous }
        return insert(element, after: index)
    }

    @inlinable
    mutating func popFirst() -> Element? {
        head < 0 ? nil : take(head)
    }

    /// The element that stood there; nil when it has left already.
    @inlinable
    mutating func remove(_ position: Position) -> Element? {
        guard nodes.indices.contains(position.index), nodes[position.index].serial == position.serial,
            nodes[position.index].element != nil
        else { return nil }
        return take(position.index)
    }

    @inlinable
    mutating func insert(_ element: Element, after previous: Int) -> Position {
        serial += 1
        count += 1
        let next = previous < 0 ? head : nodes[previous].next
        let node = Node(element, serial: serial, previous: previous, next: next)
        let index: Int
        if unused >= 0 {
            index = unused
            unused = nodes[index].next
            nodes[index] = node
        } else {
            index = nodes.count
            nodes.append(node)
        }
        if previous < 0 { head = index } else { nodes[previous].next = index }
        if next < 0 { tail = index } else { nodes[next].previous = index }
        return Position(index: index, serial: serial)
    }

    @inlinable
    mutating func take(_ index: Int) -> Element? {
        let element = nodes[index].element
        let (previous, next) = (nodes[index].previous, nodes[index].next)
        if previous < 0 { head = next } else { nodes[previous].next = next }
        if next < 0 { tail = previous } else { nodes[next].previous = previous }
        nodes[index].element = nil
        nodes[index].next = unused
        unused = index
        count -= 1
        return element
    }
}

extension Line.Position: BitwiseCopyable {}
extension Line.Node: Sendable where Element: Sendable {}
extension Line: Sendable where Element: Sendable {}
