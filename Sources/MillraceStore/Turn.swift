/// Which of the writes that wait are taken first.
public enum Turn: Sendable {
    /// One after the other, in the order of the calls.
    case usual
    /// Before all usual ones that wait, in the order of the calls among themselves.
    ///
    /// It waits for one transaction at most, in which the usual ones get ``DatabaseOptions/usualSlice`` and no more as soon
    /// as it is there. For what is short and what somebody waits for, beside much that nobody does. Those who write both
    /// have to do without an order between them, unless they await the answer of one before they call the other.
    case express
}
