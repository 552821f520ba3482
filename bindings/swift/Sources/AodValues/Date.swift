import Foundation

// The library counts microseconds since 1970. `Date` stores seconds since 2001 as a `Double`: relative to 2001, each
// microsecond of the current decades has a distinct `Date`.

extension Date {
    /// Creates the date that is a number of microseconds after 1970.
    package init(microseconds: Int64) {
        self.init(timeIntervalSinceReferenceDate: Double(microseconds - Self.referenceMicroseconds) / 1_000_000)
    }

    /// The microseconds since 1970, rounded, and limited to about 290,000 years.
    package var microseconds: Int64 {
        let microseconds = (timeIntervalSinceReferenceDate * 1_000_000).rounded()
        let limit = Double(1 << 62)
        return Int64(max(-limit, min(limit, microseconds))) + Self.referenceMicroseconds
    }

    private static let referenceMicroseconds = Int64(timeIntervalBetween1970AndReferenceDate) * 1_000_000
}
