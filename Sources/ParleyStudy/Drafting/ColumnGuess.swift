import ParleyBase

/// What the cells of one column of one file could be.
struct ColumnGuess {
  static let nullSpellings = ["", "NA", "N/A", "n/a", "NULL", "null", "NaN", "nan", "?", "."]
  static let dateFormats = ["YYYY-MM-DD", "DD.MM.YYYY", "DD/MM/YYYY", "MM/DD/YYYY"]
  static let mostLabels = 20

  /// Whether all values are numbers with one decimal mark, and between what.
  struct Numbers {
    var fits = true
    /// Most decimals of any value.
    var scale = 0
    var lowest = 0.0
    var highest = 0.0
    var seen = false

    mutating func add(_ text: UnsafeBufferPointer<UInt8>, mark: UInt8) {
      guard fits else { return }
      for scale in self.scale...9 {
        switch ExactNumber.parse(text, scale: scale, decimalMark: mark) {
        case .value(let units):
          var value = Double(units)
          for _ in 0..<scale { value /= 10 }
          lowest = seen ? min(lowest, value) : value
          highest = seen ? max(highest, value) : value
          seen = true
          self.scale = scale
          return
        case .tooPrecise: continue
        case .notANumber, .overflow:
          fits = false
          return
        }
      }
      fits = false
    }

    mutating func merge(_ other: Numbers) {
      fits = fits && other.fits
      scale = max(scale, other.scale)
      guard other.seen else { return }
      lowest = seen ? min(lowest, other.lowest) : other.lowest
      highest = seen ? max(highest, other.highest) : other.highest
      seen = true
    }
  }

  var values = 0
  /// Bytes of the longest value.
  var longest = 0
  var nullsSeen: Set<String> = []
  var point = Numbers()
  var comma = Numbers()
  var isZeroOne = true
  var isTrueFalse = true
  /// Layouts that every value so far has.
  var formats = Set(dateFormats)
  var firstDay = Int64.max
  var lastDay = Int64.min
  /// How often each value occurs; nil once there are too many different ones.
  var counts: [String: Int]? = [:]

  /// The parsed layouts, made once.
  static let parsers: [(name: String, format: DateFormat)] = dateFormats.compactMap { name in
    DateFormat(name).map { (name, $0) }
  }

  mutating func add(_ cell: UnsafeBufferPointer<UInt8>, isQuoted: Bool) {
    let text = isQuoted ? cell : CellParser.trimmed(cell)
    if text.count <= 4 {
      let word = String(decoding: text, as: UTF8.self)
      if Self.nullSpellings.contains(word) {
        nullsSeen.insert(word)
        return
      }
    }
    values += 1
    longest = max(longest, text.count)
    point.add(text, mark: UInt8(ascii: "."))
    comma.add(text, mark: UInt8(ascii: ","))
    if isZeroOne { isZeroOne = text.count == 1 && (text[0] == 48 || text[0] == 49) }
    if isTrueFalse {
      isTrueFalse = ["true", "false"].contains(String(decoding: text, as: UTF8.self).lowercased())
    }
    for (name, format) in Self.parsers where formats.contains(name) {
      if let day = format.days(text) {
        firstDay = min(firstDay, day)
        lastDay = max(lastDay, day)
      } else {
        formats.remove(name)
      }
    }
    guard counts != nil else { return }
    counts?[String(decoding: text, as: UTF8.self), default: 0] += 1
    // Left-over candidates of several files are added up later, so a few more are kept than are written.
    if (counts?.count ?? 0) > Self.mostLabels * 4 { counts = nil }
  }

  mutating func merge(_ other: ColumnGuess, ownIsComma: Bool, otherIsComma: Bool) {
    if ownIsComma { point = comma }
    point.merge(otherIsComma ? other.comma : other.point)
    comma = point
    values += other.values
    longest = max(longest, other.longest)
    nullsSeen.formUnion(other.nullsSeen)
    isZeroOne = isZeroOne && other.isZeroOne
    isTrueFalse = isTrueFalse && other.isTrueFalse
    firstDay = min(firstDay, other.firstDay)
    lastDay = max(lastDay, other.lastDay)
    if let mine = counts, let theirs = other.counts {
      counts = mine.merging(theirs, uniquingKeysWith: +)
    } else {
      counts = nil
    }
  }
}

/// Bounds that do not give an extreme value away: always beyond it, always round.
enum RoundBounds {
  /// 1, 2 or 5 times a power of ten, strictly above the value, at least 1.
  static func above(_ value: Double) -> Double {
    var power = 1.0
    while power < 1e18 {
      for factor in [1.0, 2, 5] where factor * power > value { return factor * power }
      power *= 10
    }
    return 9e18
  }
  static func bounds(lowest: Double, highest: Double) -> (Double, Double) {
    (lowest < 0 ? -above(-lowest) : 0, highest > 0 ? above(highest) : (lowest < 0 ? 0 : 1))
  }
  /// Whole decades around the days.
  static func decades(first: Int64, last: Int64) -> (String, String) {
    let start = (Int(CivilDate.text(days: first).prefix(4)) ?? 0) / 10 * 10
    let end = (Int(CivilDate.text(days: last).prefix(4)) ?? 0) / 10 * 10 + 9
    func padded(_ year: Int) -> String {
      String(repeating: "0", count: max(0, 4 - String(year).count)) + String(year)
    }
    return ("\(padded(start))-01-01", "\(padded(end))-12-31")
  }
}
