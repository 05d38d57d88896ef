package import ParleyBase

/// What leaves a computation, and what must hold before it does.
extension Program {
  /// The only door out: one node's value goes to named principals.
  public struct Disclosure: Hashable, Sendable {
    /// What the opened value is, for the statement the parties sign.
    public enum Meaning: Hashable, Sendable {
      /// A statistic, with its name.
      case statistic
      /// One record's own value comes out (MIN, MAX).
      case recordValue
      /// A bit that tells outcomes apart: absent group, withheld cell, NULL value.
      case outcome
    }
    /// Unique in the program.
    public var name: String
    /// Node whose value is opened.
    public var node: NodeID
    /// Names of the principals that learn it.
    public var recipients: [String]
    /// What kind of information it is.
    public var meaning: Meaning
    /// What the recipients learn, in words.
    public var explanation: String
    /// A disclosure; see the properties.
    public init(
      name: String, node: NodeID, recipients: [String], meaning: Meaning, explanation: String
    ) {
      self.name = name
      self.node = node
      self.recipients = recipients
      self.meaning = meaning
      self.explanation = explanation
    }
  }

  /// How the disclosed vectors of one query are laid out as a table: one row per public group.
  public struct ResultTable: Hashable, Sendable {
    /// How an opened integer is shown.
    public enum Format: Hashable, Sendable {
      /// A whole number.
      case integer
      /// A decimal number: value / 10^scale.
      case decimal(scale: Int)
      /// value / 10^scale, rounded to `places` decimals, halves away from zero: further decimals of it would not be
      /// right
      case rounded(scale: Int, places: Int)
      /// A date: days since 1970-01-01.
      case date
      /// A time: seconds since 1970-01-01T00:00:00Z.
      case timestamp
      /// 0 or 1, shown as false or true.
      case boolean
      /// The text at this position of the list, counted from 0.
      case category([String])
      /// A text: seven bytes of UTF-8 in each part, see ``TextParts``.
      case text
      /// mantissa · 2^exponent, opened as these two: the column's value is the mantissa, of at most so many bits and a sign, and its one further
      /// part the exponent. Nothing else of the number is opened.
      case float(significantBits: Int)
    }
    /// A column of the result that is opened.
    public struct Column: Hashable, Sendable {
      /// The heading.
      public var name: String
      /// What is opened; of a text its first part, of a float its mantissa.
      public var value: DisclosureID
      /// Where the disclosure is the first part of a text: the parts after it. Of a float its exponent.
      public var furtherParts: [DisclosureID]
      /// Opened bits that are 1 where the value is NULL; nil when it cannot be.
      public var isNull: DisclosureID?
      /// How the integers are shown.
      public var format: Format
      /// Largest difference of what is shown from the exact statistic, as a decimal text ("0" when exact).
      public var precision: String
      /// A column; see the properties.
      public init(
        name: String, value: DisclosureID, furtherParts: [DisclosureID] = [], isNull: DisclosureID?,
        format: Format,
        precision: String
      ) {
        self.name = name
        self.value = value
        self.furtherParts = furtherParts
        self.isNull = isNull
        self.format = format
        self.precision = precision
      }
    }
    /// A column of the result that is public: the labels of the groups.
    public struct Key: Hashable, Sendable {
      /// The heading.
      public var name: String
      /// One label per group; nil is SQL NULL (the group of missing keys).
      public var labels: [String?]
      /// A column of labels, one for each group.
      public init(name: String, labels: [String?]) {
        self.name = name
        self.labels = labels
      }
    }
    /// The name of the query.
    public var name: String
    /// Rows of the result. Nil: the result is a set of secret size, as many rows as were opened; those whose
    /// ``isAbsent`` bit is 1 are padding and not shown.
    public var groupCount: Int?
    /// Columns that are public.
    public var keys: [Key]
    /// Columns that are opened.
    public var columns: [Column]
    /// Column order as written: an index into `keys` (negative: -1 - index) or `columns`.
    public var order: [Int]
    /// Bits that are 1 where the group has no row at all; nil for a query without GROUP BY.
    public var isAbsent: DisclosureID?
    /// Bits that are 1 where the cell is withheld; nil when no minimum applies. One for every row of the result, or one for all.
    public var isWithheld: DisclosureID?
    /// Bits that are 1 where what was asked for cannot be estimated from the data: columns that depend on each other,
    /// outcomes that are separated, too few passes. One for every row of the result, or one for all; nil where every value is there.
    public var isNotEstimable: DisclosureID?
    /// Columns that recipients compute from opened ones; shown after all others, in their order.
    public var derived: [Derived]
    /// How the result is drawn; nil for no figure.
    public var figure: Figure?
    /// What people see beside the name of the result, one after the other: the kind of analysis, how many rows were used.
    public var caption: [Caption]
    /// Headings of the columns that people see, opened and derived, in this order; empty for all in the order in which they are computed.
    /// Files have all columns.
    public var shown: [String]
    /// A result; see the properties.
    public init(
      name: String, groupCount: Int?, keys: [Key], columns: [Column], order: [Int], isAbsent: DisclosureID?,
      isWithheld: DisclosureID?, isNotEstimable: DisclosureID? = nil, derived: [Derived] = [],
      figure: Figure? = nil, caption: [Caption] = [], shown: [String] = []
    ) {
      self.name = name
      self.groupCount = groupCount
      self.keys = keys
      self.columns = columns
      self.order = order
      self.isAbsent = isAbsent
      self.isWithheld = isWithheld
      self.isNotEstimable = isNotEstimable
      self.derived = derived
      self.figure = figure
      self.caption = caption
      self.shown = shown
    }
  }

  /// A bit that must come out as 0: what the analyst assumed of the data and what is checked inside the computation
  /// (keys that are unique, a bound that is not passed). It is opened to the computing parties before anything else;
  /// when it is 1 the run ends there, and no result is opened to anybody.
  public struct Requirement: Hashable, Sendable {
    /// A bit of its own, not one for each row.
    public var violated: NodeID
    /// What is wrong where the bit is 1.
    public var message: String
    /// What the analyst or the holders can do then.
    public var remedy: String
    /// A requirement; see the properties.
    public init(violated: NodeID, message: String, remedy: String) {
      self.violated = violated
      self.message = message
      self.remedy = remedy
    }

    /// How a run ends in which these are violated: `data/requirement`.
    package static func refusal(_ violated: [Requirement]) -> ParleyError {
      ParleyError(
        .init("data/requirement"),
        distinct(violated.map(\.message)).joined(separator: "; ") + "; the run ends and nothing is opened",
        remedy: distinct(violated.flatMap { $0.remedy.split(separator: "; ").map(String.init) }).joined(
          separator: "; "))
    }

    /// Each once: queries that assume the same of a table say the same about it.
    private static func distinct(_ texts: [String]) -> [String] {
      texts.indices.filter { !texts[..<$0].contains(texts[$0]) }.map { texts[$0] }
    }
  }
}
