import ParleyProgram

/// How the numbers of a file could be written.
struct NumberForm: Hashable {
  var decimalMark: CSVDialect.DecimalMark
  var thousandsMark: CSVDialect.ThousandsMark?

  /// The likeliest first: `56.476` is a decimal unless something else in the file says that it is not.
  static let all: [NumberForm] = [
    .init(decimalMark: .point), .init(decimalMark: .comma),
    .init(decimalMark: .point, thousandsMark: .comma), .init(decimalMark: .comma, thousandsMark: .point),
    .init(decimalMark: .point, thousandsMark: .space), .init(decimalMark: .comma, thousandsMark: .space),
    .init(decimalMark: .point, thousandsMark: .apostrophe), .init(decimalMark: .comma, thousandsMark: .apostrophe),
  ]

  /// The keys of a study that declare it.
  var words: String {
    "decimal: \"\(decimalMark.rawValue)\"" + (thousandsMark.map { ", thousands: \"\($0.rawValue)\"" } ?? "")
  }

  /// The same for one holder of a table that declares `base`, whose marks it may have to take back.
  func words(after base: CSVDialect) -> String {
    thousandsMark == nil && base.thousandsMark != nil ? words + ", thousands: none" : words
  }

  func parsed(rounds: Bool) -> ExactNumber.Form {
    .init(decimalMark: decimalMark.byte, thousandsMark: thousandsMark?.byte, rounds: rounds)
  }
}

/// Whether all values of a column are numbers of one form, and between what.
struct NumberGuess {
  private(set) var fits = true
  /// Most decimals of any value, up to 9.
  private(set) var scale = 0
  /// Some value has more decimals than 9.
  private(set) var isEndless = false
  private(set) var lowest = 0.0
  private(set) var highest = 0.0
  private(set) var seen = false
  /// Numbers that often stand for no value, as they were written …
  private(set) var codes: [Double: Set<String>] = [:]
  /// … and between what all others are.
  private var rest: (lowest: Double, highest: Double)?
  private static let mostSpellings = 4

  /// 9, 99, 999 … and 8, 88, 888 …, of either sign, and -1 and -7.
  private static func isCode(_ value: Double) -> Bool {
    if value == -1 || value == -7 { return true }
    var whole = abs(value)
    guard whole >= 8, whole <= 9_999_999, whole == whole.rounded() else { return false }
    let digit = whole.truncatingRemainder(dividingBy: 10)
    guard digit >= 8 else { return false }
    while whole > 0 {
      guard whole.truncatingRemainder(dividingBy: 10) == digit else { return false }
      whole = (whole / 10).rounded(.down)
    }
    return true
  }

  /// Those that lie farther from all other numbers than these from each other, or that alone are negative, by size.
  var strangers: [Double] {
    guard let rest else { return [] }
    let span = max(rest.highest - rest.lowest, 1)
    return codes.keys.filter { code in
      code < 0 ? code < rest.lowest && rest.lowest >= 0 || code < rest.lowest - span : code > rest.highest + span
    }.sorted()
  }

  /// Between what the numbers are without those.
  var bulk: (lowest: Double, highest: Double) {
    let strangers = Set(strangers)
    guard let rest, !strangers.isEmpty else { return (lowest, highest) }
    let kept = codes.keys.filter { !strangers.contains($0) }
    return (min(rest.lowest, kept.min() ?? rest.lowest), max(rest.highest, kept.max() ?? rest.highest))
  }

  /// Not all of them are.
  mutating func excludeNumbers() { fits = false }

  mutating func add(_ text: UnsafeBufferPointer<UInt8>, _ form: NumberForm) {
    guard fits else { return }
    let exact = form.parsed(rounds: false)
    for scale in self.scale...9 {
      switch ExactNumber.parse(text, scale: scale, form: exact) {
      case .value(let units):
        self.scale = scale
        return include(Double(units), scale, text)
      case .tooPrecise: continue
      case .notANumber:
        fits = false
        return
      case .overflow:
        // A large number with many decimals: it is rounded anyway.
        guard case .value(let units) = ExactNumber.parse(text, scale: 0, form: form.parsed(rounds: true)) else {
          fits = false
          return
        }
        isEndless = true
        return include(Double(units), 0)
      }
    }
    isEndless = true
    switch ExactNumber.parse(text, scale: 9, form: form.parsed(rounds: true)) {
    case .value(let units): include(Double(units), 9)
    case .overflow, .notANumber, .tooPrecise:
      guard case .value(let units) = ExactNumber.parse(text, scale: 0, form: form.parsed(rounds: true)) else {
        fits = false
        return
      }
      include(Double(units), 0)
    }
  }

  private mutating func include(_ units: Double, _ scale: Int, _ text: UnsafeBufferPointer<UInt8>? = nil) {
    var value = units
    for _ in 0..<scale { value /= 10 }
    if let text, Self.isCode(value) {
      if codes[value, default: []].count < Self.mostSpellings {
        codes[value, default: []].insert(String(decoding: text, as: UTF8.self))
      }
    } else {
      rest = rest.map { (min($0.lowest, value), max($0.highest, value)) } ?? (value, value)
    }
    lowest = seen ? min(lowest, value) : value
    highest = seen ? max(highest, value) : value
    seen = true
  }

  mutating func merge(_ other: NumberGuess) {
    fits = fits && other.fits
    scale = max(scale, other.scale)
    isEndless = isEndless || other.isEndless
    codes.merge(other.codes) { $0.union($1) }
    if let theirs = other.rest {
      rest = rest.map { (min($0.lowest, theirs.lowest), max($0.highest, theirs.highest)) } ?? theirs
    }
    guard other.seen else { return }
    lowest = seen ? min(lowest, other.lowest) : other.lowest
    highest = seen ? max(highest, other.highest) : other.highest
    seen = true
  }

  /// The decimals to declare, and whether values have to be rounded to them.
  ///
  /// Exact where that takes at most eight digits; otherwise six or so, because what is computed with long numbers costs more, and
  /// columns of floats such as `72.5890411` hold more digits than were measured.
  func places(bound: Double) -> (scale: Int, rounds: Bool) {
    var exactUnits = bound
    for _ in 0..<scale { exactUnits *= 10 }
    if !isEndless, scale <= 2 || exactUnits <= 100_000_000 { return (scale, false) }
    var places = 1
    var units = bound * 10
    while places < 9, units < 1_000_000 {
      units *= 10
      places += 1
    }
    return (places, true)
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
    let start = (Int(CivilDate(daysSince1970: Int(first)).description.prefix(4)) ?? 0) / 10 * 10
    let end = (Int(CivilDate(daysSince1970: Int(last)).description.prefix(4)) ?? 0) / 10 * 10 + 9
    func padded(_ year: Int) -> String {
      String(repeating: "0", count: max(0, 4 - String(year).count)) + String(year)
    }
    return ("\(padded(start))-01-01", "\(padded(end))-12-31")
  }
}
