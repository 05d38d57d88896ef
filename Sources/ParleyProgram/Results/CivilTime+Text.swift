/// Times as queries write them.
extension CivilTime {
  /// What keeps a text from being a time.
  package enum Fault: Error {
    /// The text has another form, or the calendar has no such time.
    case notATime
    /// Times are whole seconds.
    case partOfASecond
  }

  /// Seconds since 1970 of `YYYY-MM-DD`, `YYYY-MM-DD hh:mm` or `YYYY-MM-DD hh:mm:ss`, with a `T` or a blank before the
  /// time, and with a zone behind it: `Z`, `+02`, `+02:00`, `+0200`. Without a zone it is UTC.
  package static func secondsSince1970(_ text: String) throws(Fault) -> Int {
    let bytes = Array(text.utf8)
    guard bytes.count >= 10, let date = CivilDate(String(decoding: bytes[..<10], as: UTF8.self)) else {
      throw .notATime
    }
    let midnight = date.daysSince1970 * 86_400
    if bytes.count == 10 { return midnight }
    guard bytes[10] == UInt8(ascii: "T") || bytes[10] == UInt8(ascii: " ") else { throw .notATime }
    var clock = Digits(bytes: bytes, position: 11)
    guard let hour = clock.two(below: 24), clock.take(":"), let minute = clock.two(below: 60) else {
      throw .notATime
    }
    var second = 0
    if clock.take(":") {
      guard let number = clock.two(below: 60) else { throw .notATime }
      second = number
      if clock.take("."), try !clock.zeros() { throw .partOfASecond }
    }
    guard let zone = clock.zone() else { throw .notATime }
    return midnight + hour * 3600 + minute * 60 + second - zone
  }

  private struct Digits {
    let bytes: [UInt8]
    var position: Int

    mutating func take(_ character: Unicode.Scalar) -> Bool {
      guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
      position += 1
      return true
    }
    mutating func digit() -> Int? {
      guard position < bytes.count, bytes[position] &- 0x30 < 10 else { return nil }
      position += 1
      return Int(bytes[position - 1] - 0x30)
    }
    mutating func two(below limit: Int) -> Int? {
      guard let tens = digit(), let ones = digit(), 10 * tens + ones < limit else { return nil }
      return 10 * tens + ones
    }
    /// Whether all digits that follow are zeros; there has to be one.
    mutating func zeros() throws(Fault) -> Bool {
      guard var sum = digit() else { throw .notATime }
      while let next = digit() { sum |= next }
      return sum == 0
    }
    /// Seconds that the zone is ahead of UTC; nil where something else stands behind the time.
    mutating func zone() -> Int? {
      if position == bytes.count || take("Z") { return position == bytes.count ? 0 : nil }
      let isBehind = take("-")
      guard isBehind || take("+"), let hours = two(below: 24) else { return nil }
      var minutes = 0
      if position < bytes.count {
        _ = take(":")
        guard let number = two(below: 60) else { return nil }
        minutes = number
      }
      guard position == bytes.count else { return nil }
      return (isBehind ? -1 : 1) * (hours * 3600 + minutes * 60)
    }
  }
}
