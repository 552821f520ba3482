import Foundation

// The library counts time in microseconds. A `Date` counts in seconds since 2001: counted from there, each of today's
// microseconds has a `Date` of its own.

extension Date {
    /// The time that is so many microseconds after 1970.
    package init(microseconds: Int64) {
        self.init(timeIntervalSinceReferenceDate: Double(microseconds - Self.referenceMicroseconds) / 1_000_000)
    }

    /// The microseconds since 1970, rounded; at most about 290,000 years of them.
    package var microseconds: Int64 {
        let microseconds = (timeIntervalSinceReferenceDate * 1_000_000).rounded()
        let limit = Double(1 << 62)
        return Int64(max(-limit, min(limit, microseconds))) + Self.referenceMicroseconds
    }

    private static let referenceMicroseconds = Int64(timeIntervalBetween1970AndReferenceDate) * 1_000_000
}
