import Foundation

// Times of RFC 3339, read and written alike on all platforms: the readers of Foundation differ in the offsets and
// fractions that they take.

extension Date {
    /// The time of an RFC 3339 text, to the nanosecond where there is one.
    init?(wire text: String) {
        var digits = WireDigits(text)
        guard let year = digits.number(4), digits.skip("-"), let month = digits.number(2), digits.skip("-"),
            let day = digits.number(2), digits.skip("T", "t", " "), let hour = digits.number(2), digits.skip(":"),
            let minute = digits.number(2), digits.skip(":"), let second = digits.number(2),
            let nanoseconds = digits.skip(".") ? digits.fraction() : 0,
            let offset = digits.offset(), digits.isAtEnd,
            hour < 24, minute < 60, second <= 60
        else { return nil }
        let components = DateComponents(year: year, month: month, day: day)
        guard components.isValidDate(in: .wire), let midnight = Calendar.wire.date(from: components) else { return nil }
        let seconds = hour * 3600 + minute * 60 + second - offset
        // The fraction by itself, as the library's own times are made: added to the seconds first it would lose a digit.
        self = midnight.addingTimeInterval(Double(seconds)).addingTimeInterval(Double(nanoseconds) / 1_000_000_000)
    }

    /// The time as the server writes it: in UTC, to the microsecond, or to the nanosecond if it is between two of them.
    var wire: String {
        let whole = timeIntervalSinceReferenceDate.rounded(.down)
        let nanoseconds = Int(((timeIntervalSinceReferenceDate - whole) * 1_000_000_000).rounded())
        let microseconds = (nanoseconds + 500) / 1_000
        let short = Self.wire(whole, microseconds, digits: 6)
        // Of the digits that a time has no room for, none is written.
        return Date(wire: short) == self ? short : Self.wire(whole, nanoseconds, digits: 9)
    }

    /// The time of seconds and of parts of one, which may fill another second.
    private static func wire(_ whole: TimeInterval, _ parts: Int, digits: Int) -> String {
        let one = digits == 6 ? 1_000_000 : 1_000_000_000
        let second = Date(timeIntervalSinceReferenceDate: whole + Double(parts / one))
        let time = Calendar.wire.dateComponents([.year, .month, .day, .hour, .minute, .second], from: second)
        let (date, clock) = ([time.month, time.day], [time.hour, time.minute, time.second])
        let text = """
            \(padded(time.year, 4))-\(date.map { padded($0, 2) }.joined(separator: "-"))\
            T\(clock.map { padded($0, 2) }.joined(separator: ":"))
            """
        return parts % one == 0 ? "\(text)+00:00" : "\(text).\(padded(parts % one, digits))+00:00"
    }

    private static func padded(_ number: Int?, _ count: Int) -> String {
        let digits = String(number ?? 0)
        return String(repeating: "0", count: max(0, count - digits.count)) + digits
    }
}

extension Calendar {
    /// The calendar of the wire.
    fileprivate static let wire = {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = TimeZone(secondsFromGMT: 0)!
        return calendar
    }()
}

/// Reads the digits of a time, and what is between them.
private struct WireDigits {
    private var rest: Substring.UTF8View

    init(_ text: String) {
        rest = text[...].utf8
    }

    var isAtEnd: Bool { rest.isEmpty }

    /// The number of so many digits.
    mutating func number(_ count: Int) -> Int? {
        let digits = rest.prefix(count)
        guard digits.count == count, digits.allSatisfy(Self.isDigit) else { return nil }
        rest.removeFirst(count)
        return Int(Substring(digits))
    }

    /// The nanoseconds of the digits behind a point; further ones are left out.
    mutating func fraction() -> Int? {
        let digits = rest.prefix(while: Self.isDigit)
        guard !digits.isEmpty else { return nil }
        rest.removeFirst(digits.count)
        return Int((String(Substring(digits)) + "00000000").prefix(9))
    }

    /// The seconds by which a time is ahead of UTC.
    mutating func offset() -> Int? {
        if skip("Z", "z") { return 0 }
        let sign = skip("+") ? 1 : skip("-") ? -1 : 0
        guard sign != 0, let hours = number(2), skip(":"), let minutes = number(2), hours < 24, minutes < 60 else {
            return nil
        }
        return sign * (hours * 3600 + minutes * 60)
    }

    /// Goes on behind one of these characters, if one is next.
    mutating func skip(_ characters: Unicode.Scalar...) -> Bool {
        guard let next = rest.first, characters.contains(Unicode.Scalar(next)) else { return false }
        rest.removeFirst()
        return true
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
