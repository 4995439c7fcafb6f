// The parts of ECharts that we use, and no more.
import { BarChart, LineChart } from 'echarts/charts';
import { AxisPointerComponent, GridComponent, MarkAreaComponent, MarkLineComponent, TooltipComponent } from 'echarts/components';
import { connect, init, use } from 'echarts/core';
import { LabelLayout } from 'echarts/features';
import { CanvasRenderer } from 'echarts/renderers';

use([LineChart, BarChart, GridComponent, TooltipComponent, AxisPointerComponent, MarkLineComponent, MarkAreaComponent, LabelLayout, CanvasRenderer]);

export { connect, init };
export type { EChartsType } from 'echarts/core';
export type { EChartsCoreOption } from 'echarts/core';
