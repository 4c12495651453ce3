/// What happens to the digits that a smaller scale has no room for.
public enum Rounding: Hashable, Sendable, CaseIterable {
    /// Away from zero.
    case up
    /// Toward zero: the digits are cut off.
    case down
    /// To the nearest; a tie goes away from zero.
    case halfUp
    /// To the nearest; a tie goes to the even neighbour.
    case halfEven
    /// Toward positive infinity.
    case ceiling
    /// Toward negative infinity.
    case floor

    /// Whether the magnitude of the cut quotient grows by one.
    ///
    /// - Parameters:
    ///   - half: how twice the remainder compares with the divisor: below 0, 0 or above 0.
    ///   - exact: the remainder is zero.
    func increments(negative: Bool, odd: Bool, half: Int, exact: Bool) -> Bool {
        if exact { return false }
        return switch self {
        case .up: true
        case .down: false
        case .halfUp: half >= 0
        case .halfEven: half > 0 || (half == 0 && odd)
        case .ceiling: !negative
        case .floor: negative
        }
    }
}
