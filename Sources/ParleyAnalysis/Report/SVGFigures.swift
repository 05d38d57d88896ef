internal import ParleyProgram

/// Figures as SVG files.
package enum SVGFigures {
  /// The drawing of a result; nil where it has no figure, or nothing that could be drawn was opened.
  ///
  /// - Parameter sheet: with its derived columns.
  package static func svg(_ sheet: ReportSheet) -> String? {
    guard let figure = sheet.result.figure else { return nil }
    let data = FigureData(sheet)
    switch figure.kind {
    case .steps(let steps):
      let curves = data.curves(steps)
      return curves.isEmpty ? nil : StepFigure(figure: figure, steps: steps, curves: curves).svg()
    case .forest(let forest):
      let estimates = data.estimates(forest)
      return estimates.isEmpty ? nil : ForestFigure(figure: figure, forest: forest, estimates: estimates).svg()
    case .histogram(let histogram):
      let ranges = data.ranges(histogram)
      return ranges.isEmpty ? nil : BarFigure(figure: figure).svg(ranges)
    case .bars(let bars):
      let all = data.bars(bars)
      return all.isEmpty ? nil : BarFigure(figure: figure).svg(all)
    }
  }

  static let titleSize = 15.0

  static func frame(
    _ writer: inout SVGWriter, _ figure: Figure, horizontal: Axis, vertical: Axis, width: Double,
    bottomLabel: Double
  ) {
    for mark in vertical.marks {
      let y = vertical.place(mark.value)
      writer.line(horizontal.from, y, horizontal.to, y, color: "#e4e4e4")
      writer.text(mark.text, horizontal.from - 8, y + 4, anchor: .end)
    }
    writer.line(horizontal.from, vertical.from, horizontal.to, vertical.from)
    writer.line(horizontal.from, vertical.from, horizontal.from, vertical.to)
    title(&writer, figure, at: horizontal.from)
    let middle = (horizontal.from + horizontal.to) / 2
    writer.text(SVGWriter.shortened(figure.horizontal, 80), middle, bottomLabel, anchor: .middle)
    let center = (vertical.from + vertical.to) / 2
    writer.text(SVGWriter.shortened(figure.vertical, 40), horizontal.from - 46, center, anchor: .middle, turn: -90)
  }

  static func title(_ writer: inout SVGWriter, _ figure: Figure, at x: Double) {
    writer.text(SVGWriter.shortened(figure.title, 70), x, 26, size: titleSize, isBold: true)
  }

  static func marks(_ writer: inout SVGWriter, _ axis: Axis, at y: Double) {
    for mark in axis.marks {
      let x = axis.place(mark.value)
      writer.line(x, y, x, y + 5)
      writer.text(mark.text, x, y + 19, anchor: .middle)
    }
  }
}
