import ParleyProgram

/// Times to seconds since 1970-01-01T00:00:00Z.
enum TimestampText {
  enum Outcome: Equatable {
    /// Seconds since 1970-01-01T00:00:00Z.
    case value(Int64)
    /// The same by the clocks of a zone that the text does not name.
    case local(Int64)
    case notATimestamp
    /// A part of a second that is not 0, where it may not be rounded.
    case tooPrecise
  }

  /// A date of the layout, `T` or a space, `hh:mm` or `hh:mm:ss` or `hh:mm:ss.000`, and a zone: `Z`, `+hh`, `+hhmm`,
  /// `+hh:mm`; or none. There are no leap seconds. A day alone is its first second.
  ///
  /// - Parameter rounds: parts of a second count as the nearest one, halves as the next.
  static func parse(_ text: UnsafeBufferPointer<UInt8>, dates: DateFormat, rounds: Bool = false) -> Outcome {
    var position = 0
    guard let days = dates.days(text, end: &position) else { return .notATimestamp }
    if position == text.count { return .local(days * 86_400) }
    guard text[position] | 0x20 == UInt8(ascii: "t") || text[position] == UInt8(ascii: " ") else {
      return .notATimestamp
    }
    position += 1
    func twoDigits() -> Int64? {
      guard position + 2 <= text.count, text[position] &- 48 < 10, text[position + 1] &- 48 < 10 else {
        return nil
      }
      defer { position += 2 }
      return Int64(text[position] - 48) * 10 + Int64(text[position + 1] - 48)
    }
    func take(_ byte: UInt8) -> Bool {
      guard position < text.count, text[position] == byte else { return false }
      position += 1
      return true
    }
    guard let hour = twoDigits(), hour < 24, take(UInt8(ascii: ":")), let minute = twoDigits(), minute < 60 else {
      return .notATimestamp
    }
    var seconds = days * 86_400 + hour * 3600 + minute * 60
    var isPrecise = false
    if take(UInt8(ascii: ":")) {
      guard let second = twoDigits(), second < 60 else { return .notATimestamp }
      seconds += second
      if take(UInt8(ascii: ".")) {
        guard position < text.count, text[position] &- 48 < 10 else { return .notATimestamp }
        if rounds, text[position] >= UInt8(ascii: "5") { seconds += 1 }
        while position < text.count, text[position] &- 48 < 10 {
          if text[position] != 48 { isPrecise = true }
          position += 1
        }
      }
    }
    let namesZone = position < text.count
    if namesZone, !take(UInt8(ascii: "Z")) {
      let isEast = take(UInt8(ascii: "+"))
      guard isEast || take(UInt8(ascii: "-")), let hours = twoDigits(), hours < 24 else { return .notATimestamp }
      var minutes: Int64 = 0
      if position < text.count {
        _ = take(UInt8(ascii: ":"))
        guard let part = twoDigits(), part < 60 else { return .notATimestamp }
        minutes = part
      }
      seconds -= (isEast ? 1 : -1) * (hours * 3600 + minutes * 60)
    }
    guard position == text.count else { return .notATimestamp }
    if isPrecise, !rounds { return .tooPrecise }
    return namesZone ? .value(seconds) : .local(seconds)
  }

  /// The day of a text that is a date of the layout, alone or with a midnight behind it that names no zone: what databases
  /// make of a date. Days since 1970-01-01.
  static func days(_ text: UnsafeBufferPointer<UInt8>, dates: DateFormat) -> Int64? {
    var end = 0
    guard let days = dates.days(text, end: &end) else { return nil }
    if end == text.count { return days }
    guard case .local(let seconds) = parse(text, dates: dates), seconds == days * 86_400 else { return nil }
    return days
  }

  /// Seconds since 1970-01-01T00:00:00Z; UTC where the text names no zone. Nil when it is not a time.
  static func seconds(_ text: String) -> Int64? {
    switch Array(text.utf8).withUnsafeBufferPointer({ parse($0, dates: .iso) }) {
    case .value(let seconds), .local(let seconds): seconds
    case .notATimestamp, .tooPrecise: nil
    }
  }

  /// `YYYY-MM-DDThh:mm:ss` in UTC, within years 0 to 9999.
  static func text(seconds: Int64) -> String {
    let days = (seconds - (seconds % 86_400 + 86_400) % 86_400) / 86_400
    let rest = seconds - days * 86_400
    func padded(_ value: Int64) -> String { value < 10 ? "0\(value)" : String(value) }
    return
      "\(CivilDate(daysSince1970: Int(days)))T\(padded(rest / 3600)):\(padded(rest / 60 % 60)):\(padded(rest % 60))"
  }
}
