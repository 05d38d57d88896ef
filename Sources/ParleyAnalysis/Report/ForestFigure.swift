internal import ParleyProgram

/// Estimates with their intervals, one below the other, and a line where there is no effect.
struct ForestFigure {
  let figure: Figure
  let forest: Figure.Forest
  let estimates: [FigureData.Estimate]

  func svg() -> String {
    var writer = SVGWriter()
    let labels = estimates.map { SVGWriter.shortened($0.label, 32) }
    let numbers = estimates.map { "\(short($0.value)) (\(short($0.lower)) to \(short($0.upper)))" }
    let left = (labels.map { SVGWriter.width($0, size: 12) }.max() ?? 0) + 32
    let right = (numbers.map { SVGWriter.width($0, size: 12) }.max() ?? 0) + 36
    let top = 56.0, step = 24.0
    let bottom = top + step * Double(estimates.count)
    let reach = Self.reach(estimates, forest)
    let horizontal =
      forest.isLogarithmic
      ? Axis(logarithmicOver: reach, from: left, to: left + 380) : Axis(over: reach, from: left, to: left + 380)
    SVGFigures.title(&writer, figure, at: 16)
    for mark in horizontal.marks {
      writer.line(horizontal.place(mark.value), top - 10, horizontal.place(mark.value), bottom, color: "#ececec")
    }
    let reference = horizontal.place(forest.reference)
    writer.line(reference, top - 10, reference, bottom, color: "#666", dash: "4 3")
    for (index, estimate) in estimates.enumerated() {
      let y = top + step * (Double(index) + 0.5)
      writer.text(labels[index], left - 16, y + 4, anchor: .end)
      whisker(estimate, horizontal, y, &writer)
      let x = horizontal.place(estimate.value)
      writer.rectangle(x - 4.5, y - 4.5, 9, 9, fill: SVGWriter.color(0))
      writer.text(numbers[index], left + 400, y + 4)
    }
    writer.line(left, bottom, left + 380, bottom)
    SVGFigures.marks(&writer, horizontal, at: bottom)
    writer.text(SVGWriter.shortened(figure.horizontal, 60), left + 190, bottom + 40, anchor: .middle)
    return writer.document(width: left + 380 + right, height: bottom + 56, title: figure.title)
  }

  /// What the axis reaches over: everything, unless one interval is so wide that the others would be points.
  static func reach(_ estimates: [FigureData.Estimate], _ forest: Figure.Forest) -> [Double] {
    let values = estimates.map(\.value) + [forest.reference]
    let all = values + estimates.flatMap { [$0.lower, $0.upper] }
    let least = values.min() ?? 0, most = values.max() ?? 1
    if forest.isLogarithmic {
      return all.map { min(max($0, least / 20), most * 20) }
    }
    let widths = estimates.map { $0.upper - $0.lower }.sorted()
    let usual = max(most - least, widths[widths.count / 2])
    return all.map { min(max($0, least - 3 * usual), most + 3 * usual) }
  }

  /// With an arrow where it goes on.
  private func whisker(_ estimate: FigureData.Estimate, _ axis: Axis, _ y: Double, _ writer: inout SVGWriter) {
    let low = axis.place(estimate.lower), high = axis.place(estimate.upper)
    let color = SVGWriter.color(0)
    writer.line(low, y, high, y, color: color, width: 1.8)
    if estimate.lower < axis.low {
      writer.path([(low, y), (low + 8, y - 4), (low + 8, y + 4)], fill: color)
    } else {
      writer.line(low, y - 4, low, y + 4, color: color, width: 1.8)
    }
    if estimate.upper > axis.high {
      writer.path([(high, y), (high - 8, y - 4), (high - 8, y + 4)], fill: color)
    } else {
      writer.line(high, y - 4, high, y + 4, color: color, width: 1.8)
    }
  }

  private func short(_ value: Double) -> String { NumberText.significant(value, 3) }
}
