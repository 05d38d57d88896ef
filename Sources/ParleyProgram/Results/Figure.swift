/// How a result is drawn. Columns are named by their headings, derived ones included; rows in which a column that is drawn has no
/// number are left out.
public struct Figure: Hashable, Sendable {
  /// What is drawn.
  public enum Kind: Hashable, Sendable {
    /// Curves that keep their value until the next row: survival.
    case steps(Steps)
    /// Estimates with their intervals, one below the other.
    case forest(Forest)
    /// Counts of adjoining ranges.
    case histogram(Histogram)
    /// Bars, side by side where there are groups.
    case bars(Bars)
  }
  /// Curves that keep their value until the next row.
  public struct Steps: Hashable, Sendable {
    /// The heading of the column along the axis.
    public var time: String
    /// The heading of the column of values.
    public var value: String
    /// Heading of the lower ends of the band; nil without a band.
    public var lower: String?
    /// Heading of the upper ends of the band.
    public var upper: String?
    /// Heading of the numbers at risk, shown below the axis; nil without.
    public var atRisk: String?
    /// Heading of the groups, one curve each; nil for one curve.
    public var by: String?
    /// The value at time 0, from which every curve starts.
    public var start: Double
    /// See the properties.
    public init(
      time: String, value: String, lower: String? = nil, upper: String? = nil, atRisk: String? = nil,
      by: String? = nil, start: Double = 1
    ) {
      self.time = time
      self.value = value
      self.lower = lower
      self.upper = upper
      self.atRisk = atRisk
      self.by = by
      self.start = start
    }
  }
  /// Estimates with their intervals.
  public struct Forest: Hashable, Sendable {
    /// Heading of what each row is.
    public var label: String
    /// Heading of the estimates.
    public var estimate: String
    /// Heading of the lower ends.
    public var lower: String
    /// Heading of the upper ends.
    public var upper: String
    /// Where the line of no effect stands: 0, or 1 for ratios.
    public var reference: Double
    /// Whether the axis is logarithmic: for ratios.
    public var isLogarithmic: Bool
    /// See the properties.
    public init(
      label: String, estimate: String, lower: String, upper: String, reference: Double = 0,
      isLogarithmic: Bool = false
    ) {
      self.label = label
      self.estimate = estimate
      self.lower = lower
      self.upper = upper
      self.reference = reference
      self.isLogarithmic = isLogarithmic
    }
  }
  /// Counts of ranges.
  public struct Histogram: Hashable, Sendable {
    /// Heading of where each range begins.
    public var from: String
    /// Heading of where each range ends.
    public var to: String
    /// Heading of the counts.
    public var count: String
    /// See the properties.
    public init(from: String, to: String, count: String) {
      self.from = from
      self.to = to
      self.count = count
    }
  }
  /// Bars from 0.
  public struct Bars: Hashable, Sendable {
    /// Heading of what each bar, or each set of bars, is.
    public var label: String
    /// Heading of the values.
    public var value: String
    /// Heading of the groups within a set; nil for single bars.
    public var by: String?
    /// Heading of the lower ends of whiskers; nil without.
    public var lower: String?
    /// Heading of the upper ends of whiskers.
    public var upper: String?
    /// See the properties.
    public init(
      label: String, value: String, by: String? = nil, lower: String? = nil, upper: String? = nil
    ) {
      self.label = label
      self.value = value
      self.by = by
      self.lower = lower
      self.upper = upper
    }
  }

  /// What is drawn.
  public var kind: Kind
  /// What stands above it.
  public var title: String
  /// What the horizontal axis is of; empty for none.
  public var horizontal: String
  /// What the vertical axis is of; empty for none.
  public var vertical: String
  /// A figure; see the properties.
  public init(_ kind: Kind, title: String, horizontal: String = "", vertical: String = "") {
    self.kind = kind
    self.title = title
    self.horizontal = horizontal
    self.vertical = vertical
  }
}
