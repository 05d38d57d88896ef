import ParleyBase

/// What the cells of one column of one file could be.
struct ColumnGuess {
  static let dateFormats = ["YYYY-MM-DD", "DD.MM.YYYY", "DD/MM/YYYY", "MM/DD/YYYY", "YYYY/MM/DD"]
  static let mostLabels = 20
  /// Whole numbers with more digits than this are names of something: no count and no amount has as many.
  static let mostDigits = 15

  var values = 0
  /// Bytes of the longest value.
  var longest = 0
  var nullsSeen: Set<String> = []
  /// Spellings of missing values with spaces around them, which a text keeps.
  var paddedNulls: Set<String> = []
  var numbers: [NumberForm: NumberGuess] = Dictionary(
    uniqueKeysWithValues: NumberForm.all.map { ($0, NumberGuess()) })
  /// Numbers of which a spreadsheet has left digits out.
  var shortened = 0
  /// Whole numbers that begin with zeros.
  var leadingZeros = 0
  /// Whole numbers of more than ``mostDigits`` digits.
  var longNumbers = 0
  var isZeroOne = true
  var isTrueFalse = true
  /// Layouts in which every value so far is a date …
  var dates = Set(dateFormats)
  /// … or a time.
  var times = Set(dateFormats)
  var firstDay = Int64.max
  var lastDay = Int64.min
  var timesWithoutZone = 0
  var hasPartsOfSeconds = false
  /// Of a column that is nearly one of numbers or dates; see ``OddCells``.
  var odd: OddCells?
  /// Words without digits and how often they occur, which may be marks for no value among numbers or dates; nil once there
  /// are too many different ones to be that.
  var words: [[UInt8]: Int]? = [:]
  private static let mostWords = 3
  private static let longestWord = 24
  /// How often each value occurs, by its bytes without spaces around it; nil once there are too many different ones.
  var counts: [[UInt8]: Int]? = [:]

  /// The parsed layouts, made once.
  static let parsers: [(name: String, format: DateFormat)] = dateFormats.compactMap { name in
    DateFormat(name).map { (name, $0) }
  }
  private static let truthWords = Set((CSVDialect().trues + CSVDialect().falses).filter { $0.count > 1 })

  mutating func add(_ cell: UnsafeBufferPointer<UInt8>) {
    let text = CellParser.trimmed(cell)
    if text.isEmpty || MissingMark.isCertain(text) {
      nullsSeen.insert(String(decoding: text, as: UTF8.self))
      if cell.count > text.count, cell.count <= 32, paddedNulls.count < 16 {
        paddedNulls.insert(String(decoding: cell, as: UTF8.self))
      }
      return
    }
    values += 1
    longest = max(longest, cell.count)
    let isWord = takesAsWord(text)
    if !isWord { for form in NumberForm.all { numbers[form]?.add(text, form) } }
    if CellParser.isShortened(text) { shortened += 1 }
    if text.allSatisfy({ $0 &- 48 < 10 }) {
      if text.count > 1, text[0] == 48 { leadingZeros += 1 }
      if text.count > Self.mostDigits { longNumbers += 1 }
    }
    if !isWord || !MissingMark.isLikely(text) {
      if isZeroOne { isZeroOne = text.count == 1 && (text[0] == 48 || text[0] == 49) }
      if isTrueFalse { isTrueFalse = Self.truthWords.contains(String(decoding: text, as: UTF8.self)) }
    }
    if !isWord { addTimes(text) }
    guard counts != nil else { return }
    counts?[Array(text), default: 0] += 1
    // Left-over candidates of several files are added up later, so a few more are kept than are written.
    if (counts?.count ?? 0) > Self.mostLabels * 4 { counts = nil }
  }

  /// Cells that are no words.
  var plainValues: Int { values - (words?.values.reduce(0, +) ?? 0) }

  /// Whether the cell is a word that is looked at apart.
  private mutating func takesAsWord(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    guard var seen = words, text.count <= Self.longestWord, !text.contains(where: { $0 &- 48 < 10 }) else {
      return false
    }
    seen[Array(text), default: 0] += 1
    words = seen
    guard seen.count > Self.mostWords else { return true }
    // A column of words; none of those before was a number or a date either.
    words = nil
    for form in NumberForm.all { numbers[form]?.excludeNumbers() }
    (dates, times) = ([], [])
    return false
  }

  private mutating func addTimes(_ text: UnsafeBufferPointer<UInt8>) {
    guard !dates.isEmpty || !times.isEmpty else { return }
    var localTime = false
    for (name, format) in Self.parsers {
      if dates.contains(name) {
        if let day = TimestampText.days(text, dates: format) { include(day) } else { dates.remove(name) }
      }
      guard times.contains(name) else { continue }
      switch TimestampText.parse(text, dates: format) {
      case .value(let seconds): include(Self.day(of: seconds))
      case .local(let seconds):
        localTime = true
        include(Self.day(of: seconds))
      case .tooPrecise:
        hasPartsOfSeconds = true
        if case .local = TimestampText.parse(text, dates: format, rounds: true) { localTime = true }
        var end = 0
        if let day = format.days(text, end: &end) { include(day) }
      case .notATimestamp: times.remove(name)
      }
    }
    if localTime { timesWithoutZone += 1 }
  }

  private mutating func include(_ day: Int64) {
    firstDay = min(firstDay, day)
    lastDay = max(lastDay, day)
  }

  /// The day of an instant in UTC; where clocks are set otherwise it may be one before or after.
  private static func day(of seconds: Int64) -> Int64 {
    seconds / 86_400 - (seconds % 86_400 < 0 ? 1 : 0)
  }

  /// Adds what another file has, of which the numbers are written in another form.
  mutating func merge(_ other: ColumnGuess, ownForm: NumberForm, otherForm: NumberForm) {
    var own = numbers[ownForm] ?? NumberGuess()
    own.merge(other.numbers[otherForm] ?? NumberGuess())
    numbers[ownForm] = own
    values += other.values
    longest = max(longest, other.longest)
    nullsSeen.formUnion(other.nullsSeen)
    paddedNulls.formUnion(other.paddedNulls)
    shortened += other.shortened
    leadingZeros += other.leadingZeros
    longNumbers += other.longNumbers
    let isBoolean = (isZeroOne || isTrueFalse) && (other.isZeroOne || other.isTrueFalse)
    isZeroOne = isZeroOne && other.isZeroOne
    // Both spellings of truth values are read without being declared.
    isTrueFalse = isBoolean && !isZeroOne
    if let mine = words, let theirs = other.words {
      words = mine.merging(theirs, uniquingKeysWith: +)
    } else {
      words = nil
    }
    if other.plainValues > 0 {
      firstDay = min(firstDay, other.firstDay)
      lastDay = max(lastDay, other.lastDay)
    }
    timesWithoutZone += other.timesWithoutZone
    hasPartsOfSeconds = hasPartsOfSeconds || other.hasPartsOfSeconds
    if let mine = counts, let theirs = other.counts {
      counts = mine.merging(theirs, uniquingKeysWith: +)
    } else {
      counts = nil
    }
  }

  /// Labels that occur in enough rows to be written down, in order of their bytes; nil when there are too many.
  var commonLabels: [String]? {
    guard let counts else { return nil }
    let common = counts.filter { $0.value >= StudyDraft.rareLimit && $0.key.count <= 64 }.keys
    guard common.count <= Self.mostLabels else { return nil }
    return common.sorted { $0.lexicographicallyPrecedes($1) }.map { String(decoding: $0, as: UTF8.self) }
  }
}
