import Foundation

/// The time zone in which a holder's file writes times that name none.
public struct HolderZone: Sendable, Hashable, CustomStringConvertible {
  enum Kind: Sendable, Hashable {
    /// Seconds east of UTC.
    case offset(Int)
    case named(TimeZone)
  }
  let kind: Kind
  /// As a study file writes it: `UTC`, `+02:00`, `Europe/Berlin`.
  public let description: String

  /// `Z`, `UTC`, `+hh`, `+hhmm` or `+hh:mm` up to 18 hours, or a name of the IANA time zone database. Nil for anything
  /// else, abbreviations such as `CET` among it, because they mean different things in different places.
  public init?(_ text: String) {
    if text == "Z" || text == "UTC" {
      kind = .offset(0)
      description = "UTC"
      return
    }
    if let seconds = Self.offset(text) {
      kind = .offset(seconds)
      let minutes = abs(seconds) / 60
      func padded(_ value: Int) -> String { value < 10 ? "0\(value)" : String(value) }
      description =
        seconds == 0 ? "UTC" : "\(seconds < 0 ? "-" : "+")\(padded(minutes / 60)):\(padded(minutes % 60))"
      return
    }
    // `Etc/GMT+2` lies west of Greenwich, which few would guess.
    guard text.contains("/"), !text.hasPrefix("Etc/"), TimeZone.knownTimeZoneIdentifiers.contains(text),
      let zone = TimeZone(identifier: text)
    else { return nil }
    kind = .named(zone)
    description = text
  }

  private static func offset(_ text: String) -> Int? {
    guard let sign = text.first, sign == "+" || sign == "-" else { return nil }
    let digits = text.dropFirst()
    guard digits.utf8.allSatisfy({ $0 &- 48 < 10 || $0 == UInt8(ascii: ":") }) else { return nil }
    let parts = digits.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    let hours: Int?
    var minutes: Int? = 0
    switch (parts.count, digits.utf8.count) {
    case (1, 2): hours = Int(digits)
    case (1, 4): (hours, minutes) = (Int(digits.prefix(2)), Int(digits.suffix(2)))
    case (2, 5) where parts[0].count == 2: (hours, minutes) = (Int(parts[0]), Int(parts[1]))
    default: return nil
    }
    guard let hours, let minutes, hours <= 18, minutes < 60 else { return nil }
    return (sign == "-" ? -1 : 1) * (hours * 3600 + minutes * 60)
  }

  /// Names that `text` could have meant.
  static var names: [String] { TimeZone.knownTimeZoneIdentifiers.filter { $0.contains("/") } }
}

/// Turns local times of one zone into instants, and remembers the zone's offsets by day.
final class LocalClock {
  enum Instant: Equatable {
    case once(Int64)
    /// The first of the two instants at which clocks showed this time.
    case twice(Int64)
    /// Clocks were put forward over it.
    case never
  }

  private let zone: HolderZone
  /// Seconds east of UTC at midnight UTC, by day since 1970.
  private var offsets: [Int64: Int64] = [:]
  /// The last local day that had one offset around it, which most neighbouring rows share.
  private var lastDay: (day: Int64, offset: Int64)?

  init(_ zone: HolderZone) { self.zone = zone }

  /// - Parameter local: seconds since 1970-01-01T00:00:00 by the clocks of the zone.
  func instant(_ local: Int64) -> Instant {
    let named: TimeZone
    switch zone.kind {
    case .offset(let seconds): return .once(local &- Int64(seconds))
    case .named(let zone): named = zone
    }
    let day = local >= 0 ? local / 86_400 : (local + 1) / 86_400 - 1
    if let lastDay, lastDay.day == day { return .once(local - lastDay.offset) }
    // No offset is a day long, so the instant lies between these two midnights.
    let around = (day - 1...day + 2).map { midnight($0, named) }
    if around.allSatisfy({ $0 == around[0] }) {
      lastDay = (day, around[0])
      return .once(local - around[0])
    }
    var candidates: [Int64] = []
    for offset in Set(around) where Self.offset(named, at: local - offset) == offset {
      candidates.append(local - offset)
    }
    guard let first = candidates.min() else { return .never }
    return candidates.count > 1 ? .twice(first) : .once(first)
  }

  private func midnight(_ day: Int64, _ zone: TimeZone) -> Int64 {
    if let known = offsets[day] { return known }
    let offset = Self.offset(zone, at: day * 86_400)
    offsets[day] = offset
    return offset
  }

  private static func offset(_ zone: TimeZone, at seconds: Int64) -> Int64 {
    Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds))))
  }
}
